/**
 * What became of the attempts of a period: counted, timed and compared, so that an operator sees which node, model or
 * configuration fails. {@link drover.report.ReportDesk} is asked by the operator's API; it reads jobs from {@link
 * drover.ledger.LedgerHistory} one by one and gives a {@link drover.client.ReportView}. How that is shown is another room's
 * matter.
 */
@NullMarked
package drover.report;

import org.jspecify.annotations.NullMarked;
