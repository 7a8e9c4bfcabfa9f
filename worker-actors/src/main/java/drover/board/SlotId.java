package drover.board;

/**
 * One inference actor of one node process.
 *
 * @param node the node, such as {@code gpu0}
 * @param launch which process of that node, from 1; a replaced process never shares an id with its predecessor
 * @param index which inference actor of the process, from 0
 */
public record SlotId(String node, long launch, int index) {
    @Override
    public String toString() {
        return node + "." + launch + "/" + index;
    }
}
