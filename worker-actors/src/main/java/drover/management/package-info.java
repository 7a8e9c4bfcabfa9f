/**
 * The operator's API: health checks, cluster members, nodes, watchdog, jobs, incidents, log levels and metrics, beside
 * Pekko Management's own routes and on its port. The control guardian starts it and hands it the actors that know; the
 * command line and Prometheus call it. Nothing here decides anything; it asks, tells and writes JSON.
 */
@NullMarked
package drover.management;

import org.jspecify.annotations.NullMarked;
