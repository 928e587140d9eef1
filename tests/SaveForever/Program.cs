// Trains models, each on a thread of its own, and saves each after every step to its file, until the process is killed:
// what the tests do, to look at what is left of the files.
using MicroGpt;

foreach (var path in args)
{
    new Thread(() => SaveForever(path)) { IsBackground = true }.Start();
}
Thread.Sleep(TimeSpan.FromMinutes(3)); // no longer, should nobody be left to kill it

static void SaveForever(string path)
{
    var trainer = new Trainer(new Corpus(["anna", "bob"]), new TrainingOptions { Steps = 1_000_000, NEmbd = 48 });
    foreach (var step in trainer.Run())
    {
        trainer.Save(path);
        Console.WriteLine($"{path} {step.Step}"); // from here on, the file must have at least this step
    }
}
