/**
 * What files of settings have in common, whatever their format: values that are never shown, and the hint at the key that
 * was meant. {@code drover.config} and {@code drover.source.bridge} call it; it knows nobody. Text comes in and goes out.
 */
@NullMarked
package drover.setting;

import org.jspecify.annotations.NullMarked;
