namespace MicroGpt.Mpi.Tests;

/// <summary>The same checkpoint and losses on any number of ranks and threads, with either implementation.</summary>
public sealed class BitsTests(BitsTests.Alone alone) : IClassFixture<BitsTests.Alone>
{
    static readonly string[] run = ["--samples", "2", "--out", "a.safetensors", "--log", "a.jsonl"];

    public static MatrixTheoryData<string, string, (int Ranks, int Threads)> Runs =>
        new(Launcher.Names, ["names", "text"], [(1, 2), (2, 1), (2, 2), (3, 2), (4, 1)]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Any_number_of_ranks_and_threads_gives_the_bits_of_one_process(
        string launcher, string work, (int Ranks, int Threads) on) => Same(launcher, work, on.Ranks, on.Threads);

    [Theory]
    [MemberData(nameof(Others))]
    public void So_do_other_options_and_uneven_documents(string launcher, string work, int ranks) =>
        Same(launcher, work, ranks, threads: 1);

    public static MatrixTheoryData<string, string, int> Others => new(Launcher.Names, ["uneven", "muon"], [8]);

    void Same(string name, string work, int ranks, int threads)
    {
        var launcher = Launcher.Of(name);
        using var microgpt = new Command();
        foreach (var file in Alone.Files)
        {
            File.Copy(Path.Join(alone.Folder, file), microgpt.At(file));
        }
        var result = launcher.Run(microgpt, ranks, [.. Alone.Works[work], .. run, "--threads", $"{threads}"]);
        Assert.True(result.ExitCode == 0, result.Error);
        var (expected, bytes) = alone.Of(work);
        var steps = File.ReadAllLines(microgpt.At("a.jsonl"));
        foreach (var (i, step) in expected.Index())
        {
            Assert.True(steps.ElementAtOrDefault(i) == step, $"alone {step}, here {steps.ElementAtOrDefault(i)}");
        }
        Assert.Equal(bytes, File.ReadAllBytes(microgpt.At("a.safetensors")));
    }

    /// <summary>The runs of one process, each made once.</summary>
    public sealed class Alone : IDisposable
    {
        public static readonly string[] Files = ["names.txt", "text.md", "uneven.txt"];

        static readonly string[] names =
            ["train", "names.txt", "--precision", "f32", "--n-embd", "64", "--batch-size", "16", "--steps", "10"];

        public static readonly Dictionary<string, string[]> Works = new()
        {
            ["names"] = names,
            ["text"] = ["train", "text.md", "--documents", "chunks", "--precision", "f32", "--n-layer", "4", "--n-embd",
                "128", "--block-size", "64", "--batch-size", "12", "--steps", "2"],
            ["uneven"] = ["train", "uneven.txt", "--documents", "paragraphs", "--precision", "f32", "--n-embd", "12",
                "--n-head", "3", "--block-size", "200", "--batch-size", "9", "--steps", "5", "--clip", "0.5", "--val",
                "0.1", "--weight-decay", "0.1", "--warmup", "2", "--schedule", "cosine"],
            ["muon"] = ["train", "text.md", "--documents", "chunks", "--chunk-starts", "moving", "--precision", "f32",
                "--n-layer", "2", "--n-embd", "36", "--block-size", "50", "--batch-size", "8", "--steps", "5",
                "--optimizer", "muon", "--average", "tokens"],
        };

        readonly Command microgpt = new();
        readonly Dictionary<string, (string[] Log, byte[] Model)> results = [];

        public Alone()
        {
            File.Copy(Repository.ShippedNames, microgpt.At("names.txt"));
            File.Copy(Path.Join(Repository.Root, "docs", "walkthrough.md"), microgpt.At("text.md"));
            // From one letter to more than the context; at first most of the letters are in the last of nine.
            microgpt.Write("uneven.txt", string.Join("\n\n", Enumerable.Range(0, 40).Select(i =>
                new string((char)('a' + i % 26), 1 + i * i * i % 257 % (i % 3 == 0 ? 300 : 5)))));
        }

        public string Folder => microgpt.Folder;

        public (string[] Log, byte[] Model) Of(string work)
        {
            if (!results.TryGetValue(work, out var result))
            {
                var ran = microgpt.Run([.. Works[work], .. run]);
                Assert.True(ran.ExitCode == 0, ran.Error);
                result = (File.ReadAllLines(microgpt.At("a.jsonl")), File.ReadAllBytes(microgpt.At("a.safetensors")));
                results.Add(work, result);
                File.Delete(microgpt.At("a.safetensors"));
            }
            return result;
        }

        public void Dispose() => microgpt.Dispose();
    }
}
