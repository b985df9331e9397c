# The directory gives the reason of a refusal as "data <hex>" (Windows' error codes; Microsoft's list of LDAP bind errors).
$causes = @{
    '525' = 'adJoinCheckIncorrectCredentials'; '52e' = 'adJoinCheckIncorrectCredentials'
    '530' = 'adJoinCheckAccountLockedOrDisabled'; '531' = 'adJoinCheckAccountLockedOrDisabled'
    '533' = 'adJoinCheckAccountLockedOrDisabled'; '775' = 'adJoinCheckAccountLockedOrDisabled'
    '532' = 'adJoinCheckCredentialsExpired'; '701' = 'adJoinCheckCredentialsExpired'; '773' = 'adJoinCheckCredentialsExpired'
}
try { Get-Entry '' }
catch {
    $problem = $_.Exception
    while ($problem.InnerException) { $problem = $problem.InnerException }
    $detail = "$($problem.Message) $($problem.ExtendedErrorMessage)"
    if ($detail -match 'data ([0-9a-f]+)' -and $causes[$Matches[1]]) { throw "$($causes[$Matches[1]]): $detail" }
    if ($problem.HResult -eq -2147016646) { throw "adJoinCheckServerNotOperational: $detail" }
    throw $detail
}
