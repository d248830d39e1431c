# k-vswitch: `make lab` shows it working, `make check` runs every default test. Needs Debian 12 and root, nothing else.
SHELL := /bin/bash
# The same source in another folder (a worktree, a fresh clone) is not compiled again.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
.DEFAULT_GOAL := help
.PHONY: help deps build lab image release manifests check check-kernel bench bench-kernel fuzz fmt lint tidy clean cluster cluster-down e2e

help: ## what can be made here
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

deps: # installs what is missing from Debian
	@tools/install-deps

build: deps ## the programs, in build/release
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log; exit 1; }
	@ninja -C build/release programs

lab: build ## three nodes of real Open vSwitch on this machine, and pods that talk across them
	@build/release/cmd/kvs/kvs lab demo

image: build ## the container image for the cluster, build/k-vswitch.oci.tar
	@deploy/build-image

release: build ## what a release is made of: image, pinned manifest, command line, sums, in build/dist
	@deploy/build-release
	@deploy/check-release

manifests: ## deploy/k-vswitch.yaml from deploy/base
	@deploy/render

check: ## every default test
	@tools/check

check-kernel: build ## the packet tests on the kernel datapath, in a small guest (ONLY='Drift*': some of them)
	@test/kernel/run $(if $(ONLY),only='$(ONLY)')

cluster: ## a real Kubernetes on this machine, with k-vswitch installed
	@test/cluster/build-programs
	@test/cluster/build-images
	@$(MAKE) --no-print-directory image
	@test/cluster/cluster up
	@test/cluster/cluster install
	@test/cluster/cluster usage

cluster-down: ## ends it
	@test/cluster/cluster down

e2e: ## k-vswitch in a real Kubernetes, judged by Kubernetes' own tests
	@test/cluster/e2e

bench: build ## our figures, a named peer's in the same run, and the ratios
	@tools/bench

bench-kernel: build ## what packets cost on the kernel datapath, in the guest
	@test/kernel/run bench

fuzz: deps ## every decoder, until stopped (SECONDS=n: that long each)
	@tools/fuzz $(SECONDS)

fmt: deps ## formats the sources
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

lint: deps ## format, layers, file sizes
	@tools/lint

tidy: deps ## clang-tidy over everything; takes a while
	@tools/tidy

clean: ## forgets what was built
	@rm -rf build
