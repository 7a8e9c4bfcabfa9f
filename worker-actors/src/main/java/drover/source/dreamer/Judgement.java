package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.horde.GenerationState;
import drover.inference.AssetRef;
import java.util.ArrayList;
import java.util.List;

/**
 * What the Horde is told about a picture.
 *
 * @param metadata each once
 */
record Judgement(GenerationState state, List<GenMetadata> metadata) {
    Judgement {
        metadata = List.copyOf(metadata);
    }

    /**
     * What is to be said about one picture of a batch.
     *
     * @param index of the picture in its batch
     * @param batch how many there are
     * @param remarks on the whole job
     */
    static Judgement of(AssetRef picture, int index, int batch, List<GenMetadata> remarks) {
        List<GenMetadata> metadata = new ArrayList<>(remarks);
        if (batch > 1) {
            metadata.add(GenMetadata.batchIndex(index));
        }
        return new Judgement(GenerationState.OK, metadata);
    }
}
