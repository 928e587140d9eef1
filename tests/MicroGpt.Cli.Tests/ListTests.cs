using System.Globalization;
using System.Text.Json;

namespace MicroGpt.Cli.Tests;

/// <summary>What people with a list or a text ask for: comparisons, nothing twice, nothing cut, more of it.</summary>
public sealed class ListTests : IDisposable
{
    readonly Command microgpt = new();
    readonly string[] names = File.ReadAllLines(Path.Join(Golden.Root, "data", "names.txt"));

    public ListTests()
    {
        new Random(1).Shuffle(names);
        microgpt.Write("names.txt", string.Join('\n', names[200..]) + "\n");
        microgpt.Write("new.txt", string.Join('\n', names[..200]) + "\n");
    }

    public void Dispose() => microgpt.Dispose();

    void Train(string file, string model, params string[] options) =>
        Assert.Equal(0, microgpt.Run(["train", file, "--out", model, "--samples", "0", "--quiet", .. options]).ExitCode);

    [Fact]
    public void Eval_counts_another_text()
    {
        Train("names.txt", "names.safetensors");
        var gpt = Gpt.Load(microgpt.At("names.safetensors"));
        var (train, heldOut) = (Corpus.Load(microgpt.At("names.txt")), Corpus.Load(microgpt.At("new.txt")));
        var best = NGrams.Count(train, gpt.Tokenizer);
        var lines = microgpt.Run("eval", "names.safetensors", "new.txt", "--counts-from", "names.txt").Good().Lines;
        var expected = new (string Name, double Loss)[]
        {
            ("model", gpt.Evaluate(heldOut).Loss),
            ($"{best.Order}-gram counts", best.Evaluate(heldOut).Loss),
            ("bigram counts", NGrams.Count(train, gpt.Tokenizer, 2).Evaluate(heldOut).Loss),
            ("letter frequency", NGrams.Count(train, gpt.Tokenizer, 1).Evaluate(heldOut).Loss),
            ("uniform", Math.Log(gpt.Config.VocabSize)),
        };
        Assert.Equal(expected.Select(pair => string.Create(CultureInfo.InvariantCulture,
            $"{pair.Name,-16}  {pair.Loss,6:F4}  {pair.Loss / Math.Log(2),9:F4}  {Math.Exp(pair.Loss),10:F2}")),
            lines[2..7]);
        var bits = Math.Abs(expected[0].Loss - expected[1].Loss) / Math.Log(2);
        var who = expected[0].Loss < expected[1].Loss ? "better" : "worse";
        Assert.Equal(string.Create(CultureInfo.InvariantCulture,
            $"The model is {bits:F3} bits/char {who} than {best.Order}-grams counted on names.txt."), lines[^1]);
        Assert.Contains("have seen the text", microgpt.Run("eval", "names.safetensors", "new.txt").Good().Lines[^2]);

        microgpt.Run("eval", "names.safetensors", "new.txt", "--counts-from", "none.txt").Fails(1, "none.txt");
        microgpt.RunWithInput("a\n", "eval", "names.safetensors", "-", "--counts-from", "-").Fails(2, "--counts-from -");
        microgpt.Run("eval", "names.safetensors", "new.txt", "--counts-from=").Fails(2, "--counts-from is empty");
        microgpt.Write("odd.txt", "anna\nélan\n");
        microgpt.Run("eval", "names.safetensors", "new.txt", "--counts-from", "odd.txt")
            .Fails(1, "odd.txt: line 2, column 1: the model does not know the character 'é'");
        microgpt.Write("one.txt", "anna\n");
        Assert.Contains("bigrams counted on one.txt",
            microgpt.Run("eval", "names.safetensors", "new.txt", "--counts-from", "one.txt").Good().Output);
    }

    [Fact]
    public void Eval_gives_no_verdict_where_there_is_none()
    {
        Train("names.txt", "all.safetensors", "--steps", "50");
        Train("names.txt", "part.safetensors", "--steps", "50", "--val", "0.25");
        foreach (var counts in new string[][] { [], ["--counts-from", "new.txt"] })
        {
            Assert.Equal(
                "The model learned from this file, so this measures what it remembers, not how well it predicts.",
                microgpt.Run(["eval", "all.safetensors", "names.txt", .. counts]).Good().Lines[^1]);
            Assert.StartsWith($"The model learned from {1686 - 422:N0} of these 1,686 documents, so this measures what",
                microgpt.Run(["eval", "part.safetensors", "names.txt", .. counts]).Good().Lines[^1]);
        }
        Assert.StartsWith("The counts are of this file itself",
            microgpt.Run("eval", "all.safetensors", "new.txt", "--counts-from", "new.txt").Good().Lines[^1]);
        Assert.StartsWith("The model is ", microgpt.Run("eval", "part.safetensors", "new.txt").Good().Lines[^1]);
    }

    [Fact]
    public void Train_says_whether_counting_predicts_better()
    {
        var lines = microgpt.Run("train", "names.txt", "--steps", "20", "--samples", "0", "--val", "0.2").Good().Lines;
        var gpt = Gpt.Load(microgpt.At("model.safetensors"));
        var (train, heldOut) = Corpus.Load(microgpt.At("names.txt")).Split(0.2, seed: 42);
        var counts = NGrams.Count(train, gpt.Tokenizer);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture,
            $"counting predicts better than the model: validation {gpt.Evaluate(heldOut).Loss:F4}, and "
            + $"{counts.Evaluate(heldOut, 16).Loss:F4} for {counts.Order}-grams counted on the training documents"),
            lines[^1]);

        // Twelve letters each, which only a model that knows where it is can see.
        var random = new Random(1);
        microgpt.Write("twelve.txt", string.Join('\n', Enumerable.Range(0, 200)
            .Select(_ => string.Concat(Enumerable.Range(0, 12).Select(_ => "ab"[random.Next(2)]))).Distinct()));
        Assert.StartsWith("the model predicts better than counting: validation ", microgpt.Run("train", "twelve.txt",
            "--samples", "0", "--val", "0.2", "--out", "twelve.safetensors").Good().Lines[^1]);
        microgpt.Run("train", "names.txt", "--steps", "20", "--samples", "1", "--val", "0.2", "--quiet",
            "--out", "quiet.safetensors").Good();
    }

    [Fact]
    public void A_run_that_could_memorize_unseen_is_noted_once()
    {
        microgpt.Write("few.txt", "anna\nnana\nanan\nnann\n");
        string[] train = ["train", "few.txt", "--samples", "0", "--quiet", "--steps"];
        microgpt.Run([.. train, "40"]).Good();
        microgpt.Run([.. train, "41", "--out", "b.safetensors"])
            .Noted("the run passes each document 10 times and holds none out");
        microgpt.Run([.. train, "10", "--batch-size", "5", "--out", "c.safetensors"])
            .Noted("passes each document 12 times");
        Assert.DoesNotContain("passes", microgpt.Run([.. train, "200", "--val", "0.25"]).Error);
    }

    [Fact]
    public void Samples_are_distinct_and_whole_on_request()
    {
        Train("names.txt", "names.safetensors");
        string[] sample = ["sample", "names.safetensors", "--seed", "1", "-n", "300", "--temperature", "0.4"];
        var all = microgpt.Run(sample).Good().Lines;
        var distinct = microgpt.Run([.. sample, "--distinct"]).Good().Lines;
        Assert.Equal(300, distinct.Distinct().Count());
        Assert.Equal(all.Distinct(), distinct.Take(all.Distinct().Count()));

        var cold = microgpt.Run("sample", "names.safetensors", "-n", "1000", "--temperature", "0.1", "--distinct",
            "--seed", "1");
        Assert.InRange(cold.Lines.Distinct().Count(), 2, 999);
        cold.Fails(1, "--distinct: 10,000 documents in a row were drawn before; a higher --temperature");
        microgpt.Run("sample", "names.safetensors", "-n", "30", "--max-length", "1", "--distinct", "--not-in", "new.txt",
            "--whole").Fails(1,
                "--not-in, --distinct, --whole: 10,000 documents in a row were in that file or drawn before");

        string[] five = [.. sample, "--max-length", "5"];
        var whole = microgpt.Run([.. five, "--whole"]).Good().Lines;
        Assert.All(whole, name => Assert.InRange(name.Length, 1, 4));
        var json = microgpt.Run([.. five, "--json"]).Good().Lines.Select(line => JsonDocument.Parse(line).RootElement);
        Assert.All(json, document => Assert.Equal(document.GetProperty("text").GetString()!.Length == 5,
            document.TryGetProperty("cut", out var cut) && cut.GetBoolean()));
    }

    [Fact]
    public void Running_text_is_as_long_as_one_wants()
    {
        microgpt.Write("text.txt", EndlessProse.Text(40_000, seed: 1));
        microgpt.Write("other.txt", EndlessProse.Text(3_000, seed: 2));
        Train("text.txt", "text.safetensors", "--documents", "chunks", "--block-size", "32", "--steps", "300",
            "--batch-size", "8", "--precision", "f32");
        var gpt = Gpt.Load(microgpt.At("text.safetensors"));
        string[] sample = ["sample", "text.safetensors", "-n", "1", "--seed", "3"];
        Assert.Equal(500 + 1, microgpt.Run(sample).Good().Output.Length); // and the line's end
        var longer = microgpt.Run([.. sample, "--max-length", "2000", "--prompt", "The old "]).Good().Output;
        Assert.Equal(gpt.Generate(3, new() { MaxLength = 2000, Prompt = "The old " }).First() + "\n", longer);
        Assert.Equal(gpt.Generate(3).First() + "\n", microgpt.Run([.. sample, "--max-length", "32"]).Good().Output);
        microgpt.Run([.. sample, "--whole"]).Fails(2, "--whole: the model writes running text");

        var corpus = Corpus.Load(microgpt.At("other.txt"), DocumentUnit.Chunk, 32);
        var lines = microgpt.Run("eval", "text.safetensors", "other.txt", "--counts-from", "text.txt").Good().Lines;
        Assert.Equal("3,000 characters to predict, in a context of 32 that slides by 16", lines[0]);
        Assert.Contains($"model             {Loss(stride: 16)} ", lines[2]);
        var blind = microgpt.Run("eval", "text.safetensors", "other.txt", "--stride", "32").Good().Lines;
        Assert.Contains($"model             {Loss(stride: 32)} ", blind[2]);
        microgpt.Run("eval", "text.safetensors", "other.txt", "--stride", "33").Fails(2, "--stride 33", "block size, 32");
        microgpt.Run("eval", "text.safetensors", "other.txt", "--stride", "0").Fails(2, "--stride 0: must be 1 or more");

        var text = corpus.RunningText()[0].ReplaceLineEndings(" ")[..200];
        var scored = microgpt.Run("score", "text.safetensors", text, "--stride", "8").Good().Lines;
        Assert.Contains(gpt.ScoreAll(text, 8).Loss.ToString("F4", CultureInfo.InvariantCulture), scored[1]);
        Assert.EndsWith(text.TrimEnd(), scored[1].TrimEnd());
        microgpt.Run("score", "text.safetensors", "--file", "other.txt", "--stride", "16").Good();
        microgpt.Write("odd.txt", "The old ÿ");
        microgpt.Run("eval", "text.safetensors", "odd.txt").Fails(1, "odd.txt: line 1, column 9");
        microgpt.Run("score", "text.safetensors", "--file", "odd.txt", "--stride", "9")
            .Fails(1, "odd.txt: line 1, column 9");

        string Loss(int stride) =>
            gpt.Evaluate(corpus.RunningText(), stride).Loss.ToString("F4", CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_run_can_start_from_a_model()
    {
        Train("names.txt", "names.safetensors", "--n-embd", "8", "--block-size", "12", "--precision", "f32");
        var start = Gpt.Load(microgpt.At("names.safetensors"));
        string[] train = ["train", "new.txt", "--start-from", "names.safetensors", "--steps", "60", "--samples", "0",
            "--learning-rate", "0.001", "--out"];
        Assert.Equal(0, microgpt.Run([.. train, "tuned.safetensors"]).ExitCode);
        var tuned = Gpt.Load(microgpt.At("tuned.safetensors"));
        Assert.Equal((start.Config, Precision.Float32), (tuned.Config, tuned.Provenance.Options.Precision));
        Assert.Equal(start.Parameters.Sha256(), tuned.Provenance.StartSha256);
        var expected = Trainer.StartFrom(start, Corpus.Load(microgpt.At("new.txt")), tuned.Provenance.Options);
        Assert.Equal(60, expected.Run().Count());
        Assert.Equal(expected.Snapshot().Parameters.Values, tuned.Parameters.Values);
        Assert.Contains($"start       a model whose parameters have the SHA-256 {start.Parameters.Sha256()}",
            microgpt.Run("info", "tuned.safetensors").Good().Lines);

        microgpt.Run([.. train, "a.safetensors", "--n-embd", "16"])
            .Fails(2, "--n-embd 16: the model in names.safetensors has 8, and --start-from");
        Assert.Equal(0, microgpt.Run([.. train, "a.safetensors", "--n-embd", "8", "--val", "0.1"]).ExitCode);
        microgpt.Write("odd.txt", "anna\nélan\n");
        microgpt.Run("train", "odd.txt", "--start-from", "names.safetensors", "--out", "b.safetensors")
            .Fails(1, "odd.txt: line 2, column 1: the model does not know the character 'é'");
        microgpt.Run("train", "new.txt", "--start-from", "none.safetensors").Fails(1, "none.safetensors");
        microgpt.Run("train", "new.txt", "--start-from", "new.txt")
            .Fails(2, "new.txt: the text to learn from, which is --start-from");
        microgpt.Run([.. train, "names.safetensors"]).Fails(2, "--out names.safetensors", "which is --start-from");
        microgpt.Run("train", "new.txt", "--start-from=").Fails(2, "--start-from is empty");
        Assert.False(File.Exists(microgpt.At("b.safetensors")));

        // A finished run of another start is another run; a resumed one keeps its start.
        Train("names.txt", "other.safetensors", "--n-embd", "8", "--block-size", "12", "--precision", "f32",
            "--seed", "1");
        string[] other = [.. train[..3], "other.safetensors", .. train[4..], "tuned.safetensors"];
        microgpt.Run([.. other, "--resume"])
            .Fails(2, "the run in tuned.safetensors did not start from other.safetensors");
        Assert.Equal(0, microgpt.Run([.. train, "tuned.safetensors", "--resume"]).ExitCode);
        microgpt.Run(other).Noted("tuned.safetensors has the model of another run");
    }
}
