$server = ($ProfilePath -split '\\')[2]
if (-not (Test-Port $server 445)) { throw "no answer from ${server}:445; try Test-NetConnection $server -Port 445" }
try { [System.IO.Directory]::GetFileSystemEntries($ProfilePath) | Out-Null }
catch {
    $inner = $_.Exception.GetBaseException()
    $code = $inner.HResult -band 0xFFFF
    # Refused (5, 86, 1219, 1326, 1327, 1396, 1397) is an answer of the share: SYSTEM has no account there, users have.
    if ($inner -isnot [System.UnauthorizedAccessException] -and $code -notin 5, 86, 1219, 1326, 1327, 1396, 1397) {
        throw "$ProfilePath cannot be opened ($code). $($inner.Message)"
    }
}
