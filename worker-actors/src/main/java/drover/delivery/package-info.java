/**
 * Where results go. {@link drover.delivery.Delivery} takes jobs that the board has recorded as produced, makes sure that
 * their results are in the asset store, and records their end in the ledger; the asset store of a local folder lives
 * here too. Nodes write into the store, HTTP reads from it.
 */
@NullMarked
package drover.delivery;

import org.jspecify.annotations.NullMarked;
