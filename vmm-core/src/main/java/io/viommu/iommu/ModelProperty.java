/*
 * Copyright 2026 the viommu authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.viommu.iommu;

import java.util.List;

/**
 * A property of a model, as data: help texts, checks and error sentences all come from here.
 *
 * @param name         its name.
 * @param aliases      older spellings that mean the same.
 * @param defaultValue the value without one given.
 * @param choices      the allowed words, or empty for a number.
 * @param min          least allowed number.
 * @param max          greatest allowed number.
 * @param meaning      one line for people.
 * @param qemuDefault  what {@code compat=qemu} makes of the default, or the default itself.
 */
public record ModelProperty(String name, List<String> aliases, String defaultValue, List<String> choices, long min,
        long max, String meaning, String qemuDefault) {

    /**
     * A switch.
     *
     * @param name    its name.
     * @param on      the default.
     * @param meaning one line for people.
     * @return the property, with the values {@code on} and {@code off}.
     */
    public static ModelProperty flag(final String name, final boolean on, final String meaning) {
        return new ModelProperty(name, List.of(), on ? "on" : "off", List.of("on", "off"), 0, 0, meaning,
                on ? "on" : "off");
    }

    /**
     * A choice between words.
     *
     * @param name         its name.
     * @param choices      the allowed words.
     * @param defaultValue one of them.
     * @param meaning      one line for people.
     * @return the property.
     */
    public static ModelProperty choice(final String name, final List<String> choices, final String defaultValue,
            final String meaning) {
        return new ModelProperty(name, List.of(), defaultValue, choices, 0, 0, meaning, defaultValue);
    }

    /**
     * A number.
     *
     * @param name         its name.
     * @param min          least allowed.
     * @param max          greatest allowed.
     * @param defaultValue the default.
     * @param meaning      one line for people.
     * @return the property.
     */
    public static ModelProperty number(final String name, final long min, final long max, final long defaultValue,
            final String meaning) {
        return new ModelProperty(name, List.of(), Long.toString(defaultValue), List.of(), min, max, meaning,
                Long.toString(defaultValue));
    }

    /**
     * The same property with older spellings.
     *
     * @param spellings names that mean the same.
     * @return the property.
     */
    public ModelProperty alias(final String... spellings) {
        return new ModelProperty(name, List.of(spellings), defaultValue, choices, min, max, meaning, qemuDefault);
    }

    /**
     * The same property with what QEMU's model has where this one has its default.
     *
     * @param value a value, or words about when it is which.
     * @return the property.
     */
    public ModelProperty inQemu(final String value) {
        return new ModelProperty(name, aliases, defaultValue, choices, min, max, meaning, value);
    }

    /**
     * The allowed values.
     *
     * @return for example {@code on|off} or {@code 32..52}.
     */
    public String allowed() {
        return choices.isEmpty() ? min + ".." + max : String.join("|", choices);
    }

    /** Checks a value and brings switches to one spelling; null if it isn't allowed. */
    String accept(final String value) {
        if (!choices.isEmpty()) {
            final String word = choices.contains("on") ? asSwitch(value) : value;
            return choices.contains(word) ? word : null;
        }
        try {
            final long number = Long.decode(value);
            return number >= min && number <= max ? Long.toString(number) : null;
        } catch (final NumberFormatException notANumber) {
            return null;
        }
    }

    /** QEMU takes all of these for a switch. */
    private static String asSwitch(final String value) {
        return switch (value) {
            case "yes", "true" -> "on";
            case "no", "false" -> "off";
            default -> value;
        };
    }
}
