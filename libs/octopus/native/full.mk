# Builds the tests and the bench of the data set miner without Node: make -f full.mk test bench
CXX ?= g++
BUILD ?= build/full-$(CXX)
CXXFLAGS = -std=c++20 -O3 -pthread -Wall -Wextra -Wpedantic
ARCH := $(shell $(CXX) -dumpmachine | cut -d- -f1)

FLAGS_avx2 = -mavx2 -mfma -mbmi -mbmi2
FLAGS_avx512 = -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mbmi -mbmi2
ISAS_x86_64 = scalar avx2 avx512
ISAS_aarch64 = scalar neon
ISAS = $(ISAS_$(ARCH))

GENERIC = data-set full-engine full-kernels header keccak kernels light-cache memory miner stage threads
LIBRARY = $(GENERIC:%=$(BUILD)/%.o) $(ISAS:%=$(BUILD)/kernel-%.o) $(ISAS:%=$(BUILD)/full-%.o)

.PHONY: test bench
test: $(BUILD)/full-test
	$(RUN) $<
bench: $(BUILD)/full-bench
	$(RUN) $<

$(BUILD)/full-test: $(BUILD)/test/full-test.o $(LIBRARY)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ -o $@
$(BUILD)/full-bench: $(BUILD)/bench/full.o $(LIBRARY)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ -o $@

$(foreach isa,$(ISAS),$(eval $(BUILD)/kernel-$(isa).o $(BUILD)/full-$(isa).o: CXXFLAGS += $(FLAGS_$(isa))))
$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -MMD -c $< -o $@
-include $(LIBRARY:.o=.d) $(BUILD)/test/full-test.d $(BUILD)/bench/full.d
