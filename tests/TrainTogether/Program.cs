// Trains a model on the ranks that MPI started, or alone, and prints its hash: what docs/distributed.md shows. A second
// argument, such as 1:3, makes that rank fail after that step; 0:stop and all:stop end the run early and continue it.
using MicroGpt;

using var ranks = Ranks.Join();
var how = args.Length > 1 ? args[1].Split(':') : ["", "0"];
var isMine = how[0] == "all" || how[0] == $"{ranks?.Rank ?? 0}";
var options = new TrainingOptions { Steps = 8, BatchSize = 5, Precision = Precision.Float32 };
try
{
    var trainer = new Trainer(Corpus.Load(args[0]), options, ranks: ranks);
    for (var part = 0; part < 2; part++)
    {
        foreach (var step in trainer.Run())
        {
            if (isMine && how[1] == "stop" && step.Step == 3)
            {
                break;
            }
            if (isMine && how[1] == $"{step.Step}")
            {
                throw new InvalidOperationException($"rank {ranks!.Rank} has failed after step {step.Step}");
            }
        }
    }
    if (ranks is null or { Rank: 0 })
    {
        Console.WriteLine(trainer.Snapshot().Parameters.Sha256());
    }
    return ranks?.Leave(0) ?? 0;
}
catch (Exception e) when (ranks != null)
{
    return ranks.Leave(3, () => Console.Error.WriteLine($"failed: {e.Message}"));
}
