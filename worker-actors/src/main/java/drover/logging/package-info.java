/**
 * How a Drover process writes its log: a readable console, one rolling file per process, JSON by a switch. The main class
 * of each process calls {@link drover.logging.Logging} once with its settings, before it starts anything else; everybody
 * else just uses SLF4J, with the MDC keys of {@link drover.logging.LogKeys}. Log events come in, lines go out.
 */
@NullMarked
package drover.logging;

import org.jspecify.annotations.NullMarked;
