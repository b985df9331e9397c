"""Commands for Spot Groups, and the image sets of their hosts."""

from deskwright.catalogue.words import ACTIONS, CHANGED, DESTROYS, ID, NAME, Noun, Verb, question

_VERSION = (
    "VERSION=version",
    "STATUS=status",
    "SOURCE=sourceName",
    "TESTED=validated",
    "GOES=isRetired",
    "COST=cost/dollarsAMonth",
    "USED BY=usedBy/*/displayName",
    *CHANGED,
)
_RELEASE = ("STATUS=status", "STAGE=stage", "IMAGE=image", "METHOD=method", "BEGAN=createdDateTime", *ID)
IMAGE_SET = Noun(
    "image-set",
    "Image sets of Spot Groups",
    (
        Verb(
            "list",
            "list_image_sets",
            (*NAME, "HOSTS=hostPoolType", "SOURCE=sourceName", "USED BY=usedBy/*/displayName", *ID),
        ),
        Verb("show", "get_image_set", named="image-set"),
        Verb("create", "save_wizard", wizard="create-image-set"),
        Verb("edit", "save_wizard", wizard="edit-image-set", named="image-set", fills="set.imageSetId"),
        Verb("update", "update_image_set", named="image-set"),
        Verb("delete", "delete_image_set", named="image-set", asks=f"Delete the image set {{}}? {DESTROYS}"),
    ),
)
IMAGE_VERSION = Noun(
    "image-version",
    "Versions of image sets",
    (
        Verb("list", "list_image_versions", _VERSION, named="image-set"),
        Verb("show", "get_image_version", named="image-set"),
        Verb("actions", "get_supported_version_actions", ACTIONS, rows="value", named="image-set"),
        Verb("create", "save_wizard", wizard="create-image-version", named="image-set", fills="set.imageSetId"),
        Verb("note", "update_image_version", named="image-set"),
        Verb(
            "delete",
            "delete_image_version",
            named="image-set",
            asks=question("delete_image_version", "Delete version {}?"),
        ),
        Verb("connect", "connect_image_version", named="image-set"),
        Verb("disconnect", "disconnect_image_version", named="image-set"),
        Verb("restart", "reboot_image_version", named="image-set"),
        Verb(
            "seal",
            "seal_customized_version",
            named="image-set",
            asks=question("seal_customized_version", "Seal version {}? Its machine is captured and removed."),
        ),
    ),
)
SPOT = Noun(
    "spot",
    "Spot Groups: pools of session hosts",
    (
        Verb(
            "list",
            "list_spot_groups",
            (
                *NAME,
                *("STATUS=status", "HOSTS=hostCount", "ONLINE=onlineHosts", "SESSIONS=activeSessions"),
                *("IMAGE=imageVersion", "DETAIL=statusDetail"),
                *ID,
            ),
        ),
        Verb("show", "get_spot_group", named="spot"),
        Verb("create", "save_wizard", wizard="create-spot-group"),
        Verb(
            "edit",
            "save_wizard",
            wizard="edit-spot-group",
            named="spot",
            fills="group.spotGroupId",
            planned_as="spotGroup",
        ),
        Verb("actions", "get_supported_group_actions", ACTIONS, rows="value", named="spot"),
        Verb("pause", "pause_spot_group", named="spot", planned_as="pauseSpotGroup"),
        Verb("resume", "resume_spot_group", named="spot"),
        Verb(
            "delete",
            "delete_spot_group",
            named="spot",
            confirms=True,
            asks=question("delete_spot_group", "Delete the group {}?"),
        ),
        Verb(
            "members",
            "list_spot_members",
            ("USER=userPrincipalName", "STATUS=status", "SIGNS IN=maySignIn", "SIGNED OFF=signOffDateTime"),
            named="spot",
        ),
        Verb("sign-in", "get_spot_sign_in_details", named="spot"),
        Verb("explain", "explain_desktop", named="spot"),
        Verb(
            "decisions",
            "list_decisions",
            ("AT=decidedDateTime", "HOST=sessionHostId", "ACTION=action", "WHY=text"),
            named="spot",
        ),
        Verb(
            "usage",
            "list_spot_usage",
            (
                *("FROM=intervalStartDateTime", "SESSIONS=activeSessions", "PEAK=peakSessions", "SEATS=seats"),
                *("ONLINE=onlineHosts", "STARTS=startedHosts", "SIGN-INS=signIns"),
            ),
            named="spot",
        ),
        Verb(
            "confirm-removals",
            "confirm_removals",
            named="spot",
            asks="Take the access of the members of {} that the removal brake holds?",
        ),
    ),
)
HOST = Noun(
    "host",
    "Session hosts of a Spot Group",
    (
        Verb(
            "list",
            "list_session_hosts",
            ("HOST=id", "STATUS=status", "STATE=state", "VERSION=imageVersion", "SESSIONS=activeSessions", "WHY=why"),
            named="spot",
        ),
        Verb("show", "get_session_host", named="spot"),
        Verb("actions", "get_supported_host_actions", ACTIONS, rows="value", named="spot"),
        Verb("drain", "drain_session_host", named="spot"),
        Verb("undrain", "undrain_session_host", named="spot"),
        Verb("exclude", "exclude_session_host", named="spot"),
        Verb("include", "include_session_host", named="spot"),
        Verb("restart", "restart_session_host", named="spot", confirms=True, asks="Restart the host {}?"),
        Verb(
            "remove",
            "remove_session_host",
            named="spot",
            confirms=True,
            asks=question("remove_session_host", "Remove the host {}?"),
        ),
    ),
)
SESSION = Noun(
    "session",
    "Sessions on the hosts of a Spot Group",
    (
        Verb(
            "list",
            "list_sessions",
            ("USER=userPrincipalName", "HOST=sessionHostId", "STATE=state", "SINCE=beganDateTime", *ID),
            named="spot",
        ),
        Verb("message", "message_sessions", named="spot"),
        Verb(
            "sign-off", "log_off_sessions", named="spot", asks="Sign off these sessions of {} without further notice?"
        ),
    ),
)
RELEASE = Noun(
    "release",
    "Releases of image versions to a Spot Group",
    (
        Verb("create", "save_wizard", wizard="update-spot-group", named="spot", fills="group.spotGroupId"),
        Verb("show", "get_release", named="spot"),
        Verb("history", "list_releases", _RELEASE, named="spot"),
        Verb("pause", "pause_release", named="spot"),
        Verb("resume", "resume_release", named="spot"),
        Verb("cancel", "cancel_release", named="spot", asks="Cancel the release to {}? Hosts that have moved stay."),
    ),
)
