/** Which of several accounts a call goes to. */
@NullMarked
package dev.sluice.core.account;

import org.jspecify.annotations.NullMarked;
