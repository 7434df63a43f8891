#!/bin/sh
set -eu
eval $(dockside ci-env buildkite)
image="$DOCKSIDE_REGISTRY_TEAM/team/app:$BUILDKITE_BUILD_NUMBER"
docker build --tag "$image" .
docker push "$image"
