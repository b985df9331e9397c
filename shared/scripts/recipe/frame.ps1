# The frame of one step of a recipe on the temporary machine. Reports one line of JSON.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; Azure returns the last 4,096 characters of the output.
param(
    [string] $PackageId = '',
    [string] $PackageVersion = '',
    [string] $Secrets = '',
    [string] $AskedAt = ''
)

$Longest = 1500
$Encoded = ''  # the script of the step, in UTF-8 and Base64

# <reporting>

# <steps>

exit 0
