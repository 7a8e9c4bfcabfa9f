/**
 * Which models a worker of the AI Horde offers. {@link drover.source.models.ModelSelection} finds out what the entries of
 * {@code models_to_load} mean against the model reference, which {@link drover.source.models.ModelReferenceStore} gets and
 * keeps. The Horde source and the command line call it; names and a reference come in, names with reasons go out.
 */
@NullMarked
package drover.source.models;

import org.jspecify.annotations.NullMarked;
