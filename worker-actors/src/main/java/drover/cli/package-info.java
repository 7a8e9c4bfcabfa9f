/**
 * The command line. {@link drover.cli.Main} is the entry point of the launcher script; each command is one class that
 * checks its options, does its work through the other packages and gives an exit code: 0 done, 1 failed, 2 wrong usage,
 * 130 interrupted. Results go to standard output, everything else to standard error.
 */
@NullMarked
package drover.cli;

import org.jspecify.annotations.NullMarked;
