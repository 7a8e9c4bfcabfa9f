/**
 * The operator's API: health checks, cluster members, nodes, models, watchdog, jobs, incidents, configuration, log levels,
 * the audit log and metrics, beside Pekko Management's own routes and on its port. The control guardian starts it and
 * hands it the actors that know; the command line and Prometheus call it. Nothing here decides anything; it asks, tells,
 * has each change written down, and writes JSON.
 */
@NullMarked
package drover.management;

import org.jspecify.annotations.NullMarked;
