# What people run. Each target says what it does, step by step, and is safe to run again.
.PHONY: help setup build demo test check format golden bench fuzz clean

help:
	@echo 'make demo    install the C libraries, build, make a sample month, run the pipeline, print the review'
	@echo 'make test    install what tests need, build once, run every test'
	@echo 'make build   install the C libraries and build the release program'
	@echo 'make check   formatting and import walls'
	@echo 'make format  rewrite sources in the project'"'"'s format'
	@echo 'make golden  rewrite the golden files and show what changed'
	@echo 'make bench   the benchmarks (installs their peers)'
	@echo 'make fuzz    ten minutes of a fuzzer against each reader of bytes from outside'

setup:
	@scripts/setup.sh build

build: setup
	@scripts/build.sh --product tollbook

demo: build
	@scripts/demo.sh

test:
	@scripts/test.sh

check:
	@scripts/check.sh

format:
	swift format --in-place --parallel --recursive Sources Tests Fuzz Package.swift

golden: setup
	@scripts/setup.sh test
	UPDATE_GOLDEN=1 swift test -c release --explicit-target-dependency-import-check error --filter Golden
	git --no-pager diff --stat -- Tests/Fixtures

bench: build
	@Benchmarks/proxy.sh
	@Benchmarks/rollups.sh
	@Benchmarks/rows.sh
	@Benchmarks/memory.sh

fuzz: setup
	@Fuzz/run.sh

clean:
	rm -rf .build .build-fuzz demo
