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

package io.viommu.vmm.replay;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error, or nothing. */
final class ProgressLine implements Progress, AutoCloseable {

    private final ProgressBar bar;

    private ProgressLine(final ProgressBar bar) {
        this.bar = bar;
    }

    static ProgressLine start(final boolean shown, final long total) {
        return new ProgressLine(shown
                ? new ProgressBarBuilder().setTaskName("faults").setInitialMax(total)
                        .setStyle(ProgressBarStyle.ASCII).clearDisplayOnFinish().build()
                : null);
    }

    @Override
    public void ended(final long faults) {
        if (bar != null) {
            bar.stepTo(faults);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
