/** The second port: metrics, health and what operators ask. */
@NullMarked
package dev.sluice.admin.api;

import org.jspecify.annotations.NullMarked;
