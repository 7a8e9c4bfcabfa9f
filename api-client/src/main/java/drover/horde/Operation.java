package drover.horde;

/** What can be asked of a Horde. */
public enum Operation {
    IMAGE_POP(Kind.POP),
    IMAGE_SUBMIT(Kind.SUBMIT),
    TEXT_POP(Kind.POP),
    TEXT_SUBMIT(Kind.SUBMIT),
    ALCHEMY_POP(Kind.POP),
    ALCHEMY_SUBMIT(Kind.SUBMIT),
    FIND_USER(Kind.LOOKUP),
    USER(Kind.LOOKUP),
    WORKER_BY_NAME(Kind.LOOKUP),
    WORKER(Kind.LOOKUP),
    CHANGE_WORKER(Kind.CHANGE),
    DELETE_WORKER(Kind.CHANGE),
    MESSAGES(Kind.LOOKUP),
    MESSAGE(Kind.LOOKUP),
    LEAVE_MESSAGE(Kind.ORDER),
    DELETE_MESSAGE(Kind.CHANGE),
    MODEL_QUEUES(Kind.PUBLIC_LOOKUP),
    PERFORMANCE(Kind.PUBLIC_LOOKUP),
    MODES(Kind.PUBLIC_LOOKUP),
    HEARTBEAT(Kind.PUBLIC_LOOKUP),
    MODEL_USE(Kind.PUBLIC_LOOKUP),
    NEWS(Kind.PUBLIC_LOOKUP),
    ORDER_IMAGES(Kind.ORDER),
    CHECK_IMAGES(Kind.PUBLIC_LOOKUP),
    IMAGES(Kind.PUBLIC_LOOKUP),
    CANCEL_IMAGES(Kind.CHANGE),
    ORDER_TEXTS(Kind.ORDER),
    TEXTS(Kind.PUBLIC_LOOKUP),
    CANCEL_TEXTS(Kind.CHANGE),
    ORDER_ALCHEMY(Kind.ORDER),
    ALCHEMY(Kind.PUBLIC_LOOKUP),
    CANCEL_ALCHEMY(Kind.CHANGE);

    /** What sort of thing it is: whether it needs the key, and whether doing it twice is the same as doing it once. */
    enum Kind {
        POP,
        SUBMIT,
        LOOKUP,
        PUBLIC_LOOKUP,
        CHANGE,
        ORDER
    }

    private final Kind kind;

    Operation(Kind kind) {
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** Whether the key goes along. */
    boolean authenticated() {
        return kind != Kind.PUBLIC_LOOKUP;
    }

    /** Whether it may be sent again although the server may have done it. */
    boolean repeatable() {
        return switch (kind) {
            case SUBMIT, LOOKUP, PUBLIC_LOOKUP, CHANGE -> true;
            case POP, ORDER -> false;
        };
    }
}
