# make demo         the main job on a sample image; results in demo/     make demo GUI=1   the same in napari
# make test         all tests                                            make lint         linters and types
# make docs         the documentation, in site/                          make clean        forget set-up and results
# Each sets up what it needs first, in .venv; see scripts/setup.sh.

.PHONY: demo test lint docs clean
.DELETE_ON_ERROR:

BIN := .venv/bin
# Where there is no display, the tests open their windows on a virtual one.
SCREEN := $(if $(filter Linux,$(shell uname)),$(if $(DISPLAY)$(WAYLAND_DISPLAY),,xvfb-run -a -s "-screen 0 1600x1000x24"))
# Idle threads that spin slow everything else down.
export OMP_WAIT_POLICY := PASSIVE

ifdef GUI
demo: .venv/ready-gui
	$(BIN)/python -c "from sketchcell.ui.demo import open_demo; open_demo()"
else
demo: .venv/ready-demo
	$(BIN)/sketchcell demo --out demo
endif

test: .venv/ready-test
	$(SCREEN) $(BIN)/python -m pytest $(PYTEST)

lint: .venv/ready-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/ready-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.venv/ready-%: pyproject.toml scripts/setup.sh
	scripts/setup.sh $*
	@touch $@

clean:
	rm -rf .venv demo site
