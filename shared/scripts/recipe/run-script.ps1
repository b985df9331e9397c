# A process of its own: what the script sets, exits with or throws does not reach this frame.
$file = Join-Path $env:SystemRoot "Temp\deskwright-$([Guid]::NewGuid().ToString('N')).ps1"
$byteOrderMark = [byte[]](0xEF, 0xBB, 0xBF)  # without it Windows PowerShell reads the file as ANSI
[IO.File]::WriteAllBytes($file, $byteOrderMark + [Convert]::FromBase64String($Encoded))
$given = @()  # the script finds them in its environment, which no log of Windows shows, as it does command lines
if ($Secrets) {
    $json = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Secrets))
    $given = @(($json | ConvertFrom-Json).PSObject.Properties)
}
try {
    foreach ($secret in $given) { Set-Item -LiteralPath "env:SECRET_$($secret.Name)" -Value $secret.Value }
    $ErrorActionPreference = 'Continue'
    $output = & powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $file 2>&1 | Out-String
    foreach ($secret in $given) {  # a console breaks its lines anywhere
        $characters = $secret.Value.ToCharArray() | ForEach-Object { [regex]::Escape($_) }
        $output = [regex]::Replace($output, ($characters -join '\s*'), '***')
    }
    if ($LASTEXITCODE -ne 0) {
        $end = $output.Substring([Math]::Max(0, $output.Length - 1200))
        throw "The script ended with $LASTEXITCODE. $end"
    }
}
finally {
    foreach ($secret in $given) { Remove-Item -LiteralPath "env:SECRET_$($secret.Name)" -ErrorAction SilentlyContinue }
    Remove-Item -LiteralPath $file -Force -ErrorAction SilentlyContinue
}
