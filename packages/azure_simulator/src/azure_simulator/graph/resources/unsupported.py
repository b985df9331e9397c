"""What Graph's metadata has below its entities and the simulator has not: refused in so many words.

Without these routes such a path would be answered as one that Graph does not have either.
Source: github.com/microsoftgraph/msgraph-metadata, navigation properties and bound actions of v1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.graph.protocol import bodies
from azure_simulator.graph.protocol.operations import operation

if TYPE_CHECKING:
    from azure_simulator.core.answers import Answer
    from azure_simulator.core.calls import Call

LINKS = {
    "/users/{id}": (
        "activities adhocCalls agreementAcceptances authentication calendar calendarGroups calendars calendarView "
        "chats cloudClipboard cloudPCs contactFolders contacts createdObjects dataSecurityAndGovernance "
        "deviceManagementTroubleshootingEvents directReports drive drives employeeExperience events extensions "
        "followedSites inferenceClassification insights joinedTeams mailFolders managedAppRegistrations "
        "managedDevices manager messages oauth2PermissionGrants onenote onlineMeetings onPremisesSyncBehavior "
        "outlook ownedDevices people permissionGrants photo photos planner presence registeredDevices "
        "scopedRoleMemberOf settings solutions sponsorOf sponsors teamwork todo print"
    ),
    "/groups/{id}": (
        "acceptedSenders calendar calendarView conversations createdOnBehalfOf drive drives events extensions "
        "groupLifecyclePolicies membersWithLicenseErrors onenote onPremisesSyncBehavior permissionGrants photo "
        "photos planner rejectedSenders settings sites team threads"
    ),
    "/devices/{id}": "extensions registeredOwners registeredUsers",
    "/applications/{id}": (
        "appManagementPolicies createdOnBehalfOf extensionProperties homeRealmDiscoveryPolicies logo "
        "synchronization tokenIssuancePolicies tokenLifetimePolicies"
    ),
    "/servicePrincipals/{id}": (
        "appManagementPolicies claimsMappingPolicies createdObjects delegatedPermissionClassifications endpoints "
        "federatedIdentityCredentials homeRealmDiscoveryPolicies "
        "synchronization tokenIssuancePolicies tokenLifetimePolicies"
    ),
    "/deviceManagement/managedDevices/{id}": (
        "deviceCategory deviceCompliancePolicyStates deviceConfigurationStates logCollectionRequests "
        "windowsProtectionState"
    ),
}
"""Path -> the navigation properties below it."""
_ACTIONS = {
    "/users/{id}": "revokeSignInSessions changePassword reprocessLicenseAssignment exportPersonalData",
    "/groups/{id}": "renew validateProperties addFavorite removeFavorite checkGrantedPermissionsForApp",
    "/applications/{id}": "addKey removeKey setVerifiedPublisher unsetVerifiedPublisher",
    "/servicePrincipals/{id}": "addKey removeKey addTokenSigningCertificate",
    "/deviceManagement/managedDevices/{id}": (
        "bypassActivationLock cleanWindowsDevice deleteUserFromSharedAppleDevice disableLostMode locateDevice "
        "logoutSharedAppleDeviceActiveUser rebootNow recoverPasscode remoteLock requestRemoteAssistance "
        "resetPasscode shutDown syncDevice updateWindowsDeviceAccount windowsDefenderScan "
        "windowsDefenderUpdateSignatures"
    ),
}
_COLLECTIONS = {
    "/applications": "delta delta() microsoft.graph.delta()",
    "/servicePrincipals": "delta delta() microsoft.graph.delta()",
    "/devices": "delta delta() microsoft.graph.delta()",
    "/directoryObjects": "delta delta() microsoft.graph.delta()",
}
_POSTED = {"/directoryObjects": "validateProperties getAvailableExtensionProperties"}


def _declare(method: str, path: str) -> None:
    @operation(f"unsupported.{method}{path}", method, path, roles="", mutates=False)
    def refuse(call: Call) -> Answer:
        """Refuse."""
        raise bodies.not_supported(f"'{call.method} {path}'")


for _path, _names in [*LINKS.items(), *_COLLECTIONS.items()]:
    for _name in _names.split():
        _declare("GET", f"{_path}/{_name}")
for _path, _names in [*_ACTIONS.items(), *_POSTED.items()]:
    for _name in _names.split():
        _declare("POST", f"{_path}/{_name}")
_declare("POST", "/devices")
