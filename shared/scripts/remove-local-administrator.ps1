# The opposite of assign-local-administrator. The group is named by its well-known SID: its name depends on the language
# of Windows.
if (-not $LocalAdministrator) { throw 'no account was given' }
$group = (Get-LocalGroup -SID 'S-1-5-32-544').Name
try {
    Remove-LocalGroupMember -Group $group -Member $LocalAdministrator
}
catch [Microsoft.PowerShell.Commands.MemberNotFoundException] {
    # The user is none: this step may run again.
}
