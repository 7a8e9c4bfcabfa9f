/**
 * How a Drover process writes its log: a readable console, one rolling file per process, JSON by a switch. The main class
 * of each process calls {@link drover.logging.Logging} once with its settings, before it starts anything else; everybody
 * else just uses SLF4J, and says what a line is about by the keys in {@link drover.logging.LogKeys}, in the MDC of a
 * thread of its own or as key-value pairs of the line. Log events come in, lines go out.
 */
@NullMarked
package drover.logging;

import org.jspecify.annotations.NullMarked;
