/**
 * What an operator can set. {@link drover.config.ConfigLoader} reads {@code conf/drover.conf} strictly against the table
 * in {@link drover.config.Schema} and gives a {@link drover.config.DroverConfig}, which holds the settings records of the
 * other packages; the command line and the control guardian call it, nobody else reads HOCON. A file and the environment
 * come in; immutable, validated settings or a list of all mistakes go out.
 */
@NullMarked
package drover.config;

import org.jspecify.annotations.NullMarked;
