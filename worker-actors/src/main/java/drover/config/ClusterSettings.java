package drover.config;

/**
 * Where this host's processes talk to each other.
 *
 * @param host name or address that the others reach this process at
 * @param port TCP port of the control process; 0 takes a free one
 */
public record ClusterSettings(String host, int port) {}
