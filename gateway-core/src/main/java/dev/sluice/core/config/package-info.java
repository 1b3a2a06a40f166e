/** One YAML file to the settings records of all rooms, with errors that name line and fix. */
@NullMarked
package dev.sluice.core.config;

import org.jspecify.annotations.NullMarked;
