package drover.chaos;

import java.util.List;

/** Each host on a loopback address of its own. There are no links to cut. */
public final class Loopback implements Network {
    /** 127.0.0.1 is everybody's. */
    private static final int FIRST = 2;

    @Override
    public String gateway() {
        return "127.0.0.1";
    }

    @Override
    public String address(int host) {
        return "127.0.0." + (FIRST + host);
    }

    @Override
    public List<String> on(int host, List<String> command) {
        return List.copyOf(command);
    }

    @Override
    public boolean hasLinks() {
        return false;
    }

    @Override
    public void cut(int host) {
        throw new UnsupportedOperationException("hosts on loopback addresses have no links");
    }

    @Override
    public void mend(int host) {
        // None was ever cut.
    }

    @Override
    public void close() {
        // Nothing was set up.
    }
}
