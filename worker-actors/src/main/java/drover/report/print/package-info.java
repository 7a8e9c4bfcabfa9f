/**
 * How a report is told: the sentences that say what stands out, and a web page that needs nothing but itself. Called by the
 * command line; what comes in is a {@link drover.client.ReportView} whose names anybody may have chosen, what goes out is
 * text in which they can do no harm.
 */
@NullMarked
package drover.report.print;

import org.jspecify.annotations.NullMarked;
