# k-vswitch: `make lab` shows it working, `make check` runs every default test. Needs Debian 12 and root, nothing else.
SHELL := /bin/bash
# The same source in another folder (a worktree, a fresh clone) is not compiled again.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
.DEFAULT_GOAL := help
.PHONY: help deps build image release manifests test check check-kernel e2e fuzz tidy lint fmt golden hooks bench bench-kernel \
  lab cluster cluster-down clean

help: # what can be made here
	@awk -F ':.*## ' '/^##@/ { print substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: # installs what is missing from Debian
	@tools/install-deps

##@ See it work
lab: build ## three nodes of real Open vSwitch on this machine, and pods that talk across them
	@build/release/cmd/kvs/kvs lab demo

cluster: ## a real Kubernetes on this machine, with k-vswitch installed
	@test/cluster/harness/build-programs
	@test/cluster/harness/build-images
	@$(MAKE) --no-print-directory image
	@test/cluster/cluster up
	@test/cluster/cluster install
	@test/cluster/cluster usage

cluster-down: ## ends it
	@test/cluster/cluster down

##@ Every few minutes
test: deps ## the unit tests, quickly (ROOM=pipeline, ROOM=kube/codec: of a folder; ONLY=regex: some of them)
	@tools/test '$(ROOM)' '$(ONLY)'

fmt: deps ## formats the sources
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

lint: deps ## format, layers, file sizes, shellcheck, pyflakes
	@tools/lint

golden: deps ## what tests compare results with (scenarios, lists in docs), written anew: look at the difference
	@tools/golden

hooks: deps ## before each commit, lint of what is staged (tools/pre-commit)
	@hook=$$(git rev-parse --git-path hooks/pre-commit) && mkdir -p "$${hook%/*}" && \
	  printf '#!/bin/sh\n[ ! -x tools/pre-commit ] || exec tools/pre-commit\n' >"$$hook" && chmod +x "$$hook"

##@ Before you push
check: ## every default test; clang-tidy of what changed since BASE=HEAD~20
	@tools/check

check-kernel: build ## the packet tests on the kernel datapath, in a small guest (ONLY='Drift*': some of them)
	@test/kernel/run $(if $(ONLY),only='$(ONLY)')

e2e: ## k-vswitch in a real Kubernetes, judged by Kubernetes' own tests
	@test/cluster/e2e

tidy: deps ## clang-tidy over everything; takes a while
	@tools/tidy

fuzz: deps ## every decoder, until stopped (SECONDS=n: that long each)
	@tools/fuzz $(SECONDS)

##@ Build and release
build: deps ## the programs, in build/release
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log; exit 1; }
	@ninja -C build/release programs

image: build ## the container image for the cluster, build/k-vswitch.oci.tar
	@deploy/build-image

manifests: ## deploy/k-vswitch.yaml from deploy/base
	@deploy/render

release: build ## what a release is made of: image, pinned manifest, command line, sums, in build/dist
	@deploy/build-release
	@deploy/check-release

clean: ## forgets what was built
	@rm -rf build

##@ Measure
bench: build ## our figures, a named peer's in the same run, and the ratios
	@tools/bench

bench-kernel: build ## what packets cost on the kernel datapath, in the guest
	@test/kernel/run bench
