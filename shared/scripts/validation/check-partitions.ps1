# A partition behind that of Windows keeps it from growing to the size of the licence.
$windows = Get-Partition -DriveLetter ($env:SystemDrive).Substring(0, 1)
$behind = Get-Partition -DiskNumber $windows.DiskNumber | Where-Object { $_.Offset -gt $windows.Offset }
if ($behind) { throw "partitions behind Windows: $(($behind | ForEach-Object { $_.Type }) -join ', ')" }
