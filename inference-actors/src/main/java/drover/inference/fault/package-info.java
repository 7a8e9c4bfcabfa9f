/**
 * An engine that pretends to make pictures and can act out everything that goes wrong in a GPU process: hangs in Java
 * and in native code, a stopped process, a crash, exhausted memory. The node opens it in place of a real engine, by
 * configuration. Its times come in as {@link drover.inference.fault.FaultSettings}, its faults with each request as
 * {@link drover.inference.FaultPlan}.
 */
@NullMarked
package drover.inference.fault;

import org.jspecify.annotations.NullMarked;
