#:property PublishAot=false
#:property Optimize=true
#:project ../src/MicroGpt.Record
// Makes long-run.bin, the explorer's second run: 20,000 steps on names.txt, at some moments. dotnet run data/long-run.cs
using MicroGpt;
using MicroGpt.Record;

var folder = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var names = Corpus.Load(Path.Join(folder, "names.txt"));
var path = Path.Join(folder, "long-run.bin");
using (var file = File.Create(path))
{
    LongRun.Write(file, names);
}
foreach (var moment in LongRun.Read(File.ReadAllBytes(path), names).Moments)
{
    Console.WriteLine($"step {moment.Step,6}: loss {moment.Loss:F4}; without attention {moment.LossWithoutAttention:F4}, "
        + $"{moment.LossWithoutAttention - moment.Loss:F4} more");
}
