#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Boots a stock Linux whose IOMMU is ours and replays a real kernel log into it; the guest's own console prints the
# faults. The first time it fetches QEMU and kernels (Debian packages, into a cache; nothing is installed).
#
#   real-guest.sh [--guest arm64|x86_64] [--most N] [LOG...]    default: a log of an SMMUv3 from examples/faults
#
# Exit status: 0 if the guest printed every fault that was for it, 1 if not, 2 if something was wrong with the input.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
readonly here
root=$here/../..

(($# > 0)) || set -- "$here/faults/gh-smmu-bdy-g98-r8125.log"
exec "$root/viommu" real-guest --set-up "$root/config/real-guest/set-up" "$@"
