# step: generalize
# Makes the machine a template: sysprep removes what is this machine's own and shuts it down.
# Source: Microsoft Learn, "Remove machine specific information by generalizing a VM before creating an image".
$ErrorActionPreference = 'Stop'

# Panther holds the answers of the first set-up; sysprep refuses to run over them.
Remove-Item -Path "$env:SystemRoot\Panther" -Recurse -Force -ErrorAction SilentlyContinue

$sysprep = Join-Path $env:SystemRoot 'System32\Sysprep\sysprep.exe'
Start-Process -FilePath $sysprep -ArgumentList '/generalize', '/oobe', '/mode:vm', '/quiet', '/shutdown'
