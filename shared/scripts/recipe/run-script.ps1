# A process of its own: what the script sets, exits with or throws does not reach this frame.
$file = Join-Path $env:SystemRoot "Temp\deskwright-$([Guid]::NewGuid().ToString('N')).ps1"
$byteOrderMark = [byte[]](0xEF, 0xBB, 0xBF)  # without it Windows PowerShell reads the file as ANSI
[IO.File]::WriteAllBytes($file, $byteOrderMark + [Convert]::FromBase64String($Encoded))
try {
    $ErrorActionPreference = 'Continue'
    $output = & powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $file 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) {
        $end = $output.Substring([Math]::Max(0, $output.Length - 1200))
        throw "The script ended with $LASTEXITCODE. $end"
    }
}
finally {
    Remove-Item -LiteralPath $file -Force -ErrorAction SilentlyContinue
}
