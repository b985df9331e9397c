"""Faults for the tests that read the code."""

from tests.mutation.faulty_copy import Fault, appended, edited, edited_below, new

SERVICE = "shared/services/planted.py"
ORCHESTRATOR = "orchestrators/planted.py"
TRIGGER = "triggers/planted.py"
ACTIVITY = "activities/planted.py"
MODULE = "shared/planted.py"

FAULTS: dict[str, dict[str, Fault]] = {
    "tests/house/test_caps.py": {
        "test_no_module_is_longer_than_400_lines": Fault(new(MODULE, "x = 1\n" * 401)),
        "test_no_function_is_longer_than_40_lines": Fault(new(MODULE, "def f() -> None:\n" + "    pass\n" * 40)),
        "test_every_module_is_named_after_its_subject": Fault(new("shared/planted_utils.py")),
    },
    "tests/house/test_class_names.py": {
        "test_no_two_classes_of_the_app_have_one_name": Fault(
            new(MODULE, "class CloudPc:\n    pass\n"), clue="shared/planted.py"
        ),
    },
    "tests/house/test_contracts.py": {
        "test_no_orchestrator_drops_a_refusal": Fault(
            new(ORCHESTRATOR, "def f(ctx):\n    yield from wait_for(ctx, POLL)\n")
        ),
        "test_no_orchestrator_puts_a_type_back": Fault(
            new(ORCHESTRATOR, "def f(ctx):\n    found: int = yield from call(ctx, READ)\n")
        ),
    },
    "tests/house/test_destroying.py": {
        "test_every_activity_that_destroys_is_in_an_act_of_the_table": Fault(
            edited_below("activities", "async def begin_vm(", "async def begin_vm(gone=vms.begin_delete(), *, "),
            clue="'begin_vm'",
        ),
        "test_what_asks_is_there": Fault(
            edited_below("activities", "def begin_deprovisioning(", "def planted("), clue="begin_deprovisioning"
        ),
    },
    "tests/house/test_docstrings.py": {
        "test_every_docstring_names_its_thing": Fault(new(MODULE, '"""What was planted."""\n')),
        "test_every_first_line_outside_of_tests_is_understood_without_its_code": Fault(
            new(MODULE, '"""The fault, whoever planted it."""\n')
        ),
    },
    "tests/house/test_due_kinds.py": {
        "test_one_timer_sweeps_every_kind": Fault(
            edited_below("triggers", "sweep_due(client, RULES)", "sweep_due(client, PLANTED)"), clue="PLANTED"
        ),
    },
    "tests/house/test_exits.py": {
        "test_nothing_else_writes_to_a_terminal": Fault(
            new("cli/src/deskwright/planted.py", "print(1)\n"), clue="planted.py: print", whole=True
        ),
    },
    "tests/house/test_exports.py": {
        "test_every_table_is_exported_or_left_out_for_a_reason": Fault(new(MODULE, 'Table(tables, "planted")\n')),
        "test_no_table_of_a_task_hub_is_read": Fault(
            new(MODULE, 'Table(tables, "DeskwrightInstances")\n'), clue="DeskwrightInstances"
        ),
    },
    "tests/house/test_headers.py": {
        "test_what_the_host_puts_on_every_answer_is_put_there_by_nobody_else": Fault(
            new(TRIGGER, 'HEADERS = {"Referrer-Policy": "origin"}\n')
        ),
        "test_every_answer_leaves_by_the_one_exit": Fault(new(TRIGGER, "func.HttpResponse()\n")),
    },
    "tests/house/test_layers.py": {
        "test_only_the_workflow_layer_knows_the_durable_sdk": Fault(
            new(ACTIVITY, "import azure.durable_functions\nimport durabletask.task\n")
        ),
        "test_the_app_registers_and_decides_nothing": Fault(appended("function_app.py", "import planted\n")),
        "test_nothing_is_mocked": Fault(new("tests/planted.py", "from unittest import mock\n")),
        "test_the_app_and_what_runs_it_locally_do_not_know_each_other": Fault(
            new("local/planted.py", "from shared.errors import ConflictError\n")
        ),
        "test_a_trigger_writes_no_record_and_starts_no_workflow": Fault(
            new(TRIGGER, "async def f(deps):\n    await deps.sites.replace(1)\n")
        ),
        "test_a_use_case_and_what_it_stands_on_knows_no_request": Fault(new(SERVICE, "import azure.functions\n")),
    },
    "tests/house/test_messages.py": {
        "test_what_is_raised_is_in_words_of_people": Fault(
            new(SERVICE, "def f():\n    raise ConflictError('the table has no such row')\n")
        ),
        "test_why_something_is_refused_is_in_words_of_people": Fault(
            new(SERVICE, "def f() -> str | None:\n    return 'the table has no such row'\n")
        ),
    },
    "tests/house/test_model_fields.py": {
        "test_every_field_is_written_somewhere": Fault(
            edited_below("activities", "members_seen_at=", "planted="), clue="members_seen_at"
        ),
        "test_every_field_is_read_somewhere": Fault(
            edited_below("shared", ".clean_up_delay_in_hours", ".planted"), clue="clean_up_delay_in_hours"
        ),
    },
    "tests/house/test_not_simulated.py": {
        "test_what_is_not_simulated_is_listed": Fault(
            new("packages/azure_simulator/src/azure_simulator/planted.py", 'unsupported("properties.planted")\n')
        ),
    },
    "tests/house/test_ordering.py": {
        "test_every_file_and_every_fixture_that_is_named_is_there": Fault(
            edited("tests/e2e/conftest.py", "def start_stack(", "def planted("), clue="start_stack", whole=True
        ),
    },
    "tests/house/test_patterns.py": {
        "test_no_pattern_is_anchored_with_a_dollar": Fault(new(MODULE, 'import re\n\nre.compile("planted$")\n')),
    },
    "tests/house/test_portal_places.py": {
        "test_every_operation_has_a_place_in_the_portal_or_a_reason": Fault(
            edited("docs/openapi.json", '"operationId": "health"', '"operationId": "planted"'), whole=True
        ),
        "test_what_the_portal_sends_is_an_operation": Fault(
            new("portal/src/planted.ts", 'api.POST("/planted")\n'), whole=True
        ),
    },
    "tests/house/test_scenarios.py": {
        "test_every_part_has_its_file": Fault(
            edited("tests/e2e/test_scenarios_1.py", "parts()[0]", "parts()[9]"), clue="parts"
        ),
    },
    "tests/house/test_settings.py": {
        "test_no_other_variable_of_ours_is_read_or_set": Fault(
            new(MODULE, 'NAME = "DESKWRIGHT_PLANTED"\n'), clue="DESKWRIGHT_PLANTED"
        ),
    },
    "tests/house/test_stalling.py": {
        "test_no_orchestrator_is_ended_while_it_waits_as_long_as_it_may": Fault(
            appended("orchestrators/rerun_steps.py", "\nfrom shared.contracts.remote_actions import WAVE_POLL\n"),
            clue="WAVE_POLL",
        ),
        "test_no_service_starts_work_that_nothing_watches": Fault(
            new(SERVICE, "async def f(client):\n    await start(client, RERUN_STEPS)\n"), clue="RERUN_STEPS"
        ),
    },
    "tests/house/test_tree.py": {
        "test_a_folder_that_has_moved_is_an_error": Fault(
            new("shared/no_such_folder/planted.py"), clue="DID NOT RAISE"
        ),
        "test_all_values_of_the_app_are_walked_whatever_was_imported_before": Fault(
            new("shared/domain/planted.py", "class Planted(Value):\n    pass\n"), clue="Planted"
        ),
        "test_tests_of_the_house_read_files_by_the_readers_of_the_tree_alone": Fault(
            new("tests/house/planted.py", "SOURCE = PATH.read_text()\n")
        ),
        "test_who_walks_the_app_walks_it_by_the_functions_for_it": Fault(new("tests/planted.py", "import pkgutil\n")),
    },
    "tests/replay/test_versions.py": {
        "test_no_orchestrator_keeps_calls_for_a_version_that_no_instance_gets": Fault(
            new(ORCHESTRATOR, 'predates(ctx, "999.0")\n'), clue="999.0"
        ),
    },
    "tests/unit/activities/test_configuration.py": {
        "test_every_script_is_used": Fault(new("shared/scripts/planted.ps1")),
        "test_nothing_outside_the_steps_reports": Fault(new("shared/scripts/planted.ps1", "Write-Report 'x'\n")),
    },
    "tests/unit/activities/test_host_configuration.py": {
        "test_every_script_is_used": Fault(new("shared/scripts/host/planted.ps1")),
    },
    "tests/unit/activities/test_probes.py": {
        "test_every_script_is_a_step_and_every_step_a_script": Fault(new("shared/scripts/probe/planted.ps1")),
    },
    "tests/unit/domain/test_health.py": {
        "test_every_error_type_that_the_app_can_say_is_one_of_graph_s": Fault(
            new(ACTIVITY, 'TYPE = "permissionCheckPlanted"\n'), clue="permissionCheckPlanted"
        ),
    },
    "tests/unit/workflow/test_discovery.py": {
        "test_the_blueprint_of_every_subject_folder_is_found": Fault(new(ACTIVITY, "bp = Blueprint()\n")),
        "test_what_is_left_out_registers_nothing": Fault(new("triggers/http/views/planted.py", "bp = Blueprint()\n")),
    },
}
