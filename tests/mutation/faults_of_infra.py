"""Faults for the tests that read templates, and the page of the operator."""

from tests.mutation.faulty_copy import Fault, appended, edited, new

MAIN = "infra/main.bicep"
MONITORING = "infra/monitoring.json"
PAGE = "docs/operations.md"
_DOCS = "docs"

FAULTS: dict[str, dict[str, Fault]] = {
    "tests/deployment/test_provisioning.py": {
        "test_the_outputs_of_the_template_are_what_later_steps_read": Fault(
            edited("infra/azd.bicep", "output AZURE_TENANT_ID", "output PLANTED"), clue="AZURE_TENANT_ID"
        ),
    },
    "tests/unit/cost/test_service_use.py": {
        "test_an_instance_has_the_memory_that_is_deployed": Fault(
            edited(MAIN, "instanceMemoryMB: 2048", "instanceMemoryMB: 4096"), clue="4096"
        ),
    },
    "tests/infra/test_microsoft.py": {
        "test_every_rule_is_an_error_or_has_its_reason_on_the_page": Fault(
            edited("infra/README.md", "| `no-module-name` |", "| `planted` |")
        ),
    },
    "tests/infra/test_parameters.py": {
        "test_what_follows_from_the_parameters_is_written": Fault(
            edited("infra/parameters.schema.json", '"storageSku"', '"planted"'), clue="planted"
        ),
        "test_every_parameter_of_the_service_is_handed_on": Fault(
            edited("infra/azd.bicep", "param storageSku", "param planted"), clue="storageSku"
        ),
        "test_our_own_file_of_parameters_changes_nothing": Fault(
            edited("infra/parameters.json", '"$schema"', '"planted"')
        ),
    },
    "tests/house/test_health_codes.py": {
        "test_every_code_has_its_page_and_no_other_is_there": Fault(new(f"{_DOCS}/runbooks/health/planted.md")),
    },
    "tests/house/test_infra.py": {
        "test_the_app_gets_every_setting_it_reads": Fault(
            edited(MAIN, "\n  DESKWRIGHT_TABLES_URL: ", "\n  PLANTED: "), clue="DESKWRIGHT_TABLES_URL"
        ),
        "test_every_setting_that_is_a_parameter_of_the_template_has_the_app_s_limits": Fault(
            appended(MAIN, "\n  DESKWRIGHT_PLANTED: string(planted)\n")
        ),
        "test_no_other_setting_of_ours_is_set": Fault(
            appended(MAIN, "\n// DESKWRIGHT_PLANTED\n"), clue="DESKWRIGHT_PLANTED"
        ),
        "test_the_storage_account_has_no_keys": Fault(
            edited(MAIN, "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"), clue="allowSharedKeyAccess"
        ),
        "test_the_timer_of_every_minute_is_always_ready": Fault(
            edited(MAIN, "name: 'function:", "name: 'function:planted_")
        ),
        "test_an_instance_answers_more_than_one_request_at_a_time": Fault(
            edited(MAIN, "perInstanceConcurrency: ", "perInstanceConcurrency: 9"), clue="<="
        ),
        "test_every_queue_that_the_app_reads_is_made": Fault(
            new("triggers/planted.py", '@bp.queue_trigger(queue_name="planted")\n')
        ),
        "test_the_service_may_give_just_the_roles_that_people_sign_in_with": Fault(
            appended("infra/customer.bicep", "\n// '00000000-1111-2222-3333-444444444444'\n"), clue="00000000-1111"
        ),
        "test_the_page_explains_every_action": Fault(
            edited("infra/actions.json", "[", '["Planted/read",'), clue="Planted/read"
        ),
        "test_the_api_offers_the_roles_that_count": Fault(
            edited("infra/app-roles.json", '"value": "CloudPC.Reader"', '"value": "Planted"'), clue="Planted"
        ),
        "test_what_keeps_records_and_secrets_lets_in_the_app_s_network_alone": Fault(
            edited(MAIN, "\n    networkAcls: networkAcls\n", "\n    networkAcls: planted\n"), clue="networkAcls"
        ),
        "test_the_app_is_in_the_network_that_is_let_in": Fault(
            edited("infra/network.bicep", "service: 'Microsoft.KeyVault'", "service: 'Microsoft.Planted'"),
            clue="Microsoft.Planted",
        ),
        "test_calls_to_the_vault_and_to_the_storage_account_are_logged": Fault(
            edited("infra/diagnostics.bicep", "scope: storage::tables\n", "scope: storage::planted\n")
        ),
        "test_a_customer_gives_a_subscription_or_single_resource_groups": Fault(
            edited("infra/customer.bicep", "scope: resourceGroup(group)", "scope: planted(group)"),
            clue="resourceGroup(group)",
        ),
        "test_the_subscription_gives_only_what_no_resource_group_has": Fault(
            edited("infra/subscription-actions.json", "[", '["Planted/write",'), clue="Planted/write"
        ),
        "test_every_template_is_a_module_or_deployed_by_itself": Fault(
            new("infra/planted.bicep"), clue="planted.bicep"
        ),
        "test_the_graph_permissions_are_those_that_the_page_explains": Fault(
            appended("docs/permissions.md", "\nPlanted.Read.All\n"), clue="Planted.Read.All"
        ),
    },
    "tests/house/test_operations_page.py": {
        "test_the_price_of_the_timers_is_that_of_the_timers_there_are": Fault(
            edited(PAGE, " ticks ", " planted "), clue="ticks"
        ),
        "test_the_price_of_watching_is_that_of_the_alerts_and_places_there_are": Fault(
            edited("infra/alerts.bicep", "var places = [", "var places = [\n  'planted'"), clue="every five minutes"
        ),
        "test_the_requests_of_the_task_hub_are_those_of_the_partitions_there_are": Fault(
            edited("host.json", '"partitionCount": ', '"partitionCount": 1'), clue="control queues"
        ),
        "test_an_alert_watches_every_timer": Fault(edited(MONITORING, '\\"sweep\\", ', '\\"planted\\", ')),
        "test_the_page_has_every_metric_and_no_other": Fault(appended(PAGE, "\n| `deskwright.planted` |\n")),
        "test_alerts_ask_for_metrics_functions_and_words_that_there_are": Fault(
            edited(MONITORING, '\\"deskwright.provisioning.duration\\"', '\\"deskwright.planted\\"')
        ),
        "test_every_alert_has_its_runbook_and_no_other_is_there": Fault(new(f"{_DOCS}/runbooks/planted.md")),
        "test_what_a_runbook_was_tried_with_is_there": Fault(
            appended("docs/runbooks/builds-fail.md", "\n`tests/planted.py`\n")
        ),
        "test_the_workbook_is_that_of_the_charts": Fault(
            edited("infra/workbook.json", '"Time"', '"Planted"'), clue="Planted"
        ),
        "test_every_metric_is_watched": Fault(
            edited(MONITORING, '\\"deskwright.provisioning.duration\\"', '\\"deskwright.planted\\"')
        ),
        "test_labels_that_queries_ask_for_are_sent": Fault(
            edited(MONITORING, "customDimensions.outcome", "customDimensions.planted")
        ),
        "test_no_alert_takes_what_was_not_sampled_for_absent": Fault(
            edited(MONITORING, "customMetrics | where", "requests | where"), clue="=="
        ),
        "test_an_alert_looks_at_a_time_that_azure_allows": Fault(
            edited(MONITORING, '"every": "PT15M"', '"every": "PT7M"'), clue="builds-fail"
        ),
    },
    "tests/infra/test_baseline.py": {
        "test_every_resource_of_a_type_keeps_its_rule": Fault(
            edited(MAIN, "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"), clue="storage"
        ),
        "test_of_every_type_that_is_deployed_something_is_stated_or_nothing_is_to_state": Fault(
            edited("infra/baseline.json", '"Microsoft.KeyVault/vaults"', '"planted"'), clue="Microsoft.KeyVault/vaults"
        ),
        "test_every_rule_has_its_reason_on_the_page": Fault(
            edited("infra/README.md", "| `Microsoft.KeyVault/vaults` |", "| `planted` |"),
            clue="Microsoft.KeyVault/vaults",
        ),
        "test_the_identity_has_roles_on_single_resources_and_owns_nothing": Fault(
            appended(MAIN, "\n// 8e3af657-a8ff-443c-a75c-2fe8c4bcb635\n"), clue="8e3af657"
        ),
        "test_no_secret_is_an_output_or_a_setting": Fault(appended(MAIN, "\n// storage.listKeys()\n"), clue="listKeys"),
    },
    "tests/infra/test_types.py": {
        "test_a_template_fits_microsoft_s_types_whatever_it_is_given": Fault(
            edited(MAIN, "allowBlobPublicAccess: false", "planted: false")
        ),
        "test_a_deployment_with_our_parameters_fits": Fault(
            edited("infra/main.bicepparam", "param appClientId = ", "param planted = ")
        ),
        "test_exactly_the_types_that_are_used_are_recorded": Fault(
            edited(MAIN, "Microsoft.KeyVault/vaults@", "Microsoft.KeyVault/planted@")
        ),
        "test_a_preview_is_used_only_where_there_is_no_newer_version_without": Fault(
            edited(MAIN, "storageAccounts@2025-06-01", "storageAccounts@2025-06-01-preview"), clue="microsoft.storage"
        ),
    },
}
