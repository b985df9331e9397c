# The frame of an image's validation on a test machine. Each step runs even if others fail, and reports one line of JSON.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; Azure returns the last 4,096 characters of the output.
param(
    [string] $AskedAt = ''
)

$Longest = 300

# <reporting>

# <steps>

exit 0
