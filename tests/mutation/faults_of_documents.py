"""Faults for the tests that read documents, workflows and the Makefile."""

from tests.mutation.faulty_copy import Fault, appended, edited, new

MODULE = "shared/planted.py"
_DOCS = "docs"
"""Apart, like the others below, so that this file has no fault."""
_PAGES = ".md"
_CONFLICT = "<" * 7
_BROKEN_OFF = "TO" + "DO"
_HOME = "/ho" + "me/planted"
_PAGE = f"{_DOCS}/decisions/9999-planted.md"

FAULTS: dict[str, dict[str, Fault]] = {
    "tests/deployment/test_az_commands.py": {
        "test_every_command_that_we_name_is_run_or_has_a_reason": Fault(
            appended("docs/deploy.md", "\n```sh\naz planted show\n```\n"), clue="az planted show", whole=True
        ),
    },
    "tests/deployment/test_azd.py": {
        "test_azd_finds_the_template_the_app_and_the_hooks": Fault(
            edited("azure.yaml", "host: function", "host: planted")
        ),
        "test_hooks_install_nothing_of_the_app": Fault(appended("deployment/hooks/requirements.txt", "planted\n")),
        "test_the_example_of_a_pipeline_runs_commands_that_there_are": Fault(
            edited("docs/deploy-workflow.yml", "deployment publish", "deployment planted")
        ),
        "test_a_pull_request_never_runs_as_the_identity_that_deploys": Fault(
            edited("docs/deploy-workflow.yml", "vars.AZURE_PREVIEW_CLIENT_ID", "vars.PLANTED"), clue="PLANTED"
        ),
        "test_the_commands_of_the_page_are_read": Fault(
            appended("docs/deploy.md", "\npython -m deployment planted\n"), clue="12"
        ),
    },
    "tests/deployment/test_first_day.py": {
        "test_the_page_has_every_step_in_its_order": Fault(
            edited("docs/one-organisation.md", "deskwright pc list", "deskwright planted list")
        ),
    },
    "tests/deployment/test_options.py": {
        "test_the_page_names_each_parameter_of_an_option": Fault(
            edited("docs/deploy.md", "`storageName`", "`planted`"), clue="storageName"
        ),
    },
    "tests/house/test_commands.py": {
        "test_every_make_command_of_the_pages_exists": Fault(appended("README.md", "\n`make planted`\n")),
        "test_the_readme_names_the_two_commands_that_matter": Fault(
            edited("README.md", "make check", "make format"), clue="check"
        ),
        "test_help_lists_every_command_of_the_pages": Fault(
            edited("Makefile", ".tools/audit/installed ##", ".tools/audit/installed #"), clue="audit"
        ),
        "test_help_has_one_line_for_every_command": Fault(appended("Makefile", "\nplanted:\n\ttrue\n")),
        "test_every_line_of_help_fits_a_screen": Fault(appended("Makefile", f"\nplanted: ## {'long ' * 21}\n")),
        "test_ci_runs_what_the_readme_says": Fault(edited(".ci/run", "exec make test", "exec make planted")),
    },
    "tests/house/test_documents.py": {
        "test_every_link_leads_somewhere": Fault(appended("README.md", f"\n[there]({_DOCS}/planted.md)\n")),
        "test_every_path_that_a_page_names_is_there": Fault(appended("README.md", f"\n`{_DOCS}/planted.md`\n")),
        "test_every_file_that_a_page_names_is_there": Fault(appended("README.md", "\n`planted.py`\n"), whole=True),
        "test_every_page_that_the_code_names_is_there": Fault(new(MODULE, f'"""As {_DOCS}/planted.md says."""\n')),
        "test_what_is_drawn_from_the_code_is_up_to_date": Fault(
            edited("docs/lifecycle.md", "    [*] --> notProvisioned: a licence, no policy\n", ""), clue="lifecycle.md"
        ),
        "test_one_idea_has_one_word": Fault(
            appended("docs/glossary.md", "\n| sown | put into the ground | planted |\n") | new(MODULE, "# planted\n")
        ),
        "test_a_decision_says_why_what_and_until_when": Fault(new(_PAGE, "# 9999. Planted\n"), clue="Context"),
        "test_a_decision_is_one_page_under_its_number": Fault(new(_PAGE, "# 9998. Planted\n"), clue="9999"),
        "test_no_two_decisions_have_one_number": Fault(
            new(f"{_DOCS}/decisions/0001-planted.md", "# 1. Planted\n"), clue="0001"
        ),
        "test_every_folder_has_its_paragraph": Fault(new(MODULE)),
        "test_a_newcomer_meets_few_names_at_the_top": Fault(new("planted.txt") | new("planted.cfg"), clue="<="),
        "test_no_page_waits_for_a_figure": Fault(appended("README.md", "\nIn @PLANTED@ seconds.\n"), clue="PLANTED"),
        "test_no_file_has_a_conflict_of_a_merge": Fault(new(MODULE, f"{_CONFLICT} ours\n")),
    },
    "tests/house/test_github.py": {
        "test_every_accepted_python_is_tested": Fault(
            edited("pyproject.toml", 'requires-python = ">=3.11,', 'requires-python = ">=3.12,'), clue="3.11"
        ),
        "test_the_newest_packages_are_tried_every_week": Fault(
            edited(".github/workflows/newest.yml", "run: make lock", "run: make planted")
        ),
        "test_role_assignments_are_tried_every_week_with_the_pre_release_that_is_accepted": Fault(
            edited(".github/workflows/newest.yml", "contract/test_arm_roles.py", "contract/planted.py"), clue="planted"
        ),
        "test_the_workflow_runs_the_command_of_the_readme": Fault(
            edited(".github/workflows/test.yml", "run: make test", "run: make planted")
        ),
        "test_the_workflow_has_every_shell_in_which_completion_is_tried": Fault(
            edited(".github/workflows/test.yml", "DESKWRIGHT_SHELLS: bash zsh fish", "DESKWRIGHT_SHELLS: bash planted")
        ),
        "test_every_action_is_pinned_to_a_commit": Fault(
            appended(".github/workflows/test.yml", "      - uses: planted/action@main\n")
        ),
        "test_a_workflow_may_only_read": Fault(
            edited(".github/workflows/test.yml", "contents: read", "contents: planted")
        ),
        "test_no_code_of_the_repository_runs_where_a_release_is_signed": Fault(
            edited(".github/workflows/release.yml", "- run: gh run download", "- run: make planted && gh run download")
        ),
        "test_an_issue_form_names_itself_and_asks_something": Fault(
            edited(".github/ISSUE_TEMPLATE/bug.yml", "\ndescription:", "\nplanted:")
        ),
    },
    "tests/house/test_headers.py": {
        "test_every_answer_says_what_a_browser_must_not_do": Fault(edited("host.json", "nosniff", "planted")),
        "test_a_promised_header_is_told": Fault(edited("docs/api.md", "`nosniff`", "`planted`"), clue="nosniff"),
    },
    "tests/house/test_locks.py": {
        "test_the_lock_holds_all_that_is_asked_for": Fault(
            edited("requirements/peers.txt", "\ndurabletask==", "\nplanted=="), clue="durabletask"
        ),
        "test_what_is_tested_is_what_is_deployed": Fault(
            edited("requirements/dev.txt", "\npyjwt==", "\nplanted=="), clue="pyjwt"
        ),
        "test_every_pin_has_hashes": Fault(appended("requirements/peers.txt", "planted==1.0\n\n")),
    },
    "tests/house/test_notes.py": {
        "test_every_section_that_a_comment_cites_exists": Fault(
            new(MODULE, f"# {_DOCS}/notes/azure.md 99.9\n"), clue="99.9"
        ),
        "test_no_comment_cites_what_a_reader_cannot_open": Fault(new(MODULE, f"# see product{_PAGES}\n")),
        "test_no_section_has_its_number_twice": Fault(new(f"{_DOCS}/notes/planted.md", "## 1. One\n## 1. Other\n")),
    },
    "tests/house/test_privacy.py": {
        "test_no_path_or_package_host_of_a_machine_is_committed": Fault(new(MODULE, f'PATH = "{_HOME}"\n')),
        "test_nothing_is_left_to_be_done": Fault(new(MODULE, f"# {_BROKEN_OFF}\n")),
        "test_the_npm_lock_names_no_download_address": Fault(
            new("local/planted/package-lock.json", '{"resolved": 1}\n')
        ),
    },
    "tests/house/test_retention.py": {
        "test_each_table_queue_and_container_has_one_row": Fault(
            edited("docs/operations.md", "| `timeline` |", "| `planted` |"), clue="planted"
        ),
        "test_what_a_timer_of_the_night_ends_is_what_has_a_purge": Fault(
            edited("docs/operations.md", "| `releases` | open ones", "| `planted` | open ones"), clue="planted"
        ),
        "test_each_end_that_can_be_set_is_named_with_its_default": Fault(
            edited("docs/operations.md", "others 365 days after their end", "others planted days after")
        ),
    },
    "tests/house/test_prose.py": {
        "test_prose_is_wrapped": Fault(new(f"{_DOCS}/planted.md", "planted " * 20)),
    },
    "tests/house/test_recordings.py": {
        "test_a_page_has_the_counts_of_the_lists": Fault(
            edited("docs/host.md", " observations ", " planted "), clue="observations", whole=True
        ),
    },
    "tests/house/test_settings.py": {
        "test_the_sample_names_every_setting_and_no_other": Fault(
            edited("local.settings.sample.json", '"DESKWRIGHT_TABLES_URL"', '"DESKWRIGHT_PLANTED"'),
            clue="DESKWRIGHT_PLANTED",
        ),
        "test_the_sample_is_one_that_the_app_accepts": Fault(
            edited("local.settings.sample.json", '"DESKWRIGHT_PROVIDER_TENANT_ID"', '"DESKWRIGHT_PLANTED"'),
            clue="PROVIDER_TENANT_ID",
        ),
        "test_the_sample_holds_no_key_or_connection_string": Fault(
            edited("local.settings.sample.json", '"Values": {', '"Values": {"planted": "AccountKey=planted",')
        ),
        "test_the_page_says_what_the_code_says": Fault(
            edited("docs/settings.md", "| `DESKWRIGHT_TABLES_URL` |", "| `PLANTED` |"), clue="DESKWRIGHT_TABLES_URL"
        ),
        "test_the_page_names_what_the_app_reads_of_the_platform": Fault(
            edited("docs/settings.md", "WEBSITE_AUTH_ENABLED", "PLANTED"), clue="WEBSITE_AUTH_ENABLED"
        ),
        "test_the_version_is_that_of_the_distribution": Fault(
            edited("pyproject.toml", '\nversion = "', '\nversion = "9'), clue="version"
        ),
    },
    "tests/house/test_style_page.py": {
        "test_every_good_example_is_drawn_from_the_code": Fault(
            appended("docs/style.md", "\n```python\nplanted = 1\n```\n")
        ),
        "test_every_drawn_example_names_its_file": Fault(
            edited("docs/style.md", "# orchestrators/rerun_steps.py", "# orchestrators/planted.py")
        ),
        "test_an_example_has_its_decorators_and_nothing_after_it": Fault(
            edited("tests/house/examples.py", "def example(path: str", "def example(planted: str")
        ),
        "test_an_example_that_has_moved_is_an_error": Fault(
            appended("tests/house/examples.py", "\n\ndef no_such_function() -> None: ...\n"), clue="DID NOT RAISE"
        ),
    },
    "tests/recipes/test_recipes.py": {
        "test_every_recipe_is_followed_or_says_why_not": Fault(
            edited("CONTRIBUTING.md", "\n### Record a decision\n", "\n### Planted\n"), clue="Planted"
        ),
        "test_a_recipe_names_what_it_needs": Fault(
            edited("CONTRIBUTING.md", "`make openapi`", "`make planted`"), clue="make openapi"
        ),
    },
    "tests/unit/auth/test_problems.py": {
        "test_the_page_of_errors_has_every_code_with_its_type_and_title_and_no_other": Fault(
            appended("docs/errors.md", "\n## Planted\n\n`499`, `urn:planted`: *Planted*\n")
        ),
    },
    "tests/unit/auth/test_routes.py": {
        "test_every_route_is_told_with_its_permission": Fault(
            edited("docs/api.md", "| `/me` |", "| `/planted` |"), clue="/me"
        ),
    },
    "tests/worker/test_lock.py": {
        "test_what_the_worker_runs_is_what_is_deployed": Fault(
            edited("requirements/worker.txt", "\npyjwt==", "\nplanted=="), clue="pyjwt"
        ),
        "test_the_lock_holds_the_worker": Fault(
            edited("tests/worker/requirements.in", ">=1.3,<2", ">=99"), clue=">=99"
        ),
        "test_every_pin_has_hashes": Fault(appended("requirements/worker.txt", "planted==1.0\n\n")),
    },
}
