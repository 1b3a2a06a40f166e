/** A provider that answers by script; the demo and the tests from outside share it. */
@NullMarked
package dev.sluice.admin.demo;

import org.jspecify.annotations.NullMarked;
