package drover.source.server;

/** Somebody with a key. Guarded by the state that holds it. */
final class Account {
    /** The key of those who have none. */
    static final String ANONYMOUS = "0000000000";

    final int id;
    final String key;
    final String alias;
    final boolean trusted;
    boolean flagged;
    double kudos;

    Account(int id, String key, String alias, boolean trusted) {
        this.id = id;
        this.key = key;
        this.alias = alias;
        this.trusted = trusted;
        this.kudos = 10_000;
    }

    String username() {
        return alias + "#" + id;
    }

    boolean anonymous() {
        return key.equals(ANONYMOUS);
    }
}
