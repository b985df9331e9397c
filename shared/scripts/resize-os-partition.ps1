# The image's partition is as large as the image was; the licence's disk is larger.
$largest = (Get-PartitionSupportedSize -DriveLetter C).SizeMax
if ((Get-Partition -DriveLetter C).Size -lt $largest) { Resize-Partition -DriveLetter C -Size $largest }
