namespace MicroGpt.Tests;

public sealed class MovingChunksTests : IDisposable
{
    // Every character occurs once, some take two UTF-16 units, so that a window says where it is from.
    static readonly string text = string.Concat(Enumerable.Range(0, 103)
        .Select(i => char.ConvertFromUtf32(i % 3 == 0 ? 0x1F300 + i : 0x4E00 + i)));

    readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    Corpus Load(int chunkLength)
    {
        File.WriteAllText(path, text);
        return Corpus.Load(path, DocumentUnit.Chunk, chunkLength);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(10, 0.1)]
    [InlineData(10, 0.5)]
    [InlineData(1000, 0)]
    public void Each_epoch_has_other_windows_of_the_text_but_never_what_was_held_out(int chunkLength, double heldOut)
    {
        var all = Load(chunkLength);
        var (corpus, rest) = heldOut > 0 ? all.Split(heldOut, seed: 3) : (all, null);
        var tokenizer = new Tokenizer(all);
        var order = corpus.Order(new(42));
        var chunks = new MovingChunks(corpus, order, tokenizer);
        var begins = new HashSet<int>();
        for (var epoch = 0; epoch < 40; epoch++)
        {
            var shifts = new HashSet<int>();
            for (var place = 0; place < order.Length; place++)
            {
                var tokens = chunks[place, epoch].ToArray();
                Assert.Equal((tokenizer.Bos, tokenizer.Bos), (tokens[0], tokens[^1]));
                var window = string.Concat(tokens[1..^1].Select(token => tokenizer.Decode(token).ToString()));
                var chunk = corpus[order[place]];
                Assert.Equal(chunk.EnumerateRunes().Count(), window.EnumerateRunes().Count());
                Assert.Contains(window, text, StringComparison.Ordinal);
                Assert.Empty((rest?.AsEnumerable() ?? []).SelectMany(document => document.EnumerateRunes())
                    .Intersect(window.EnumerateRunes()));
                var shift = Index(window) - Index(chunk);
                Assert.InRange(shift, 0, chunkLength - 1);
                shifts.Add(shift);
                begins.Add(Index(window));
                Assert.True(epoch > 0 || shift == 0);
            }
            Assert.InRange(shifts.Count, 1, 2); // some chunks stay
        }
        if (corpus.Count > 3 && chunkLength > 1)
        {
            Assert.InRange(begins.Count, 2 * corpus.Count, text.Length);
        }

        static int Index(string part) => text[..text.IndexOf(part, StringComparison.Ordinal)].EnumerateRunes().Count();
    }

    [Fact]
    public void A_run_begins_as_with_fixed_chunks_and_resumes_in_any_epoch()
    {
        var corpus = Load(chunkLength: 9); // 12 chunks
        var options = new TrainingOptions { Steps = 20, NEmbd = 8, NHead = 2, BlockSize = 9, BatchSize = 5 };
        var moving = options with { ChunkStarts = ChunkStarts.Moving };
        var fixedLosses = new Trainer(corpus, options).Run().Select(step => step.Loss).ToArray();
        var whole = new Trainer(corpus, moving);
        var losses = whole.Run().Select(step => step.Loss).ToArray();
        Assert.Equal(fixedLosses[..2], losses[..2]); // the third batch has the first chunk of the second epoch
        Assert.NotEqual(fixedLosses[2], losses[2]);
        for (var cut = 1; cut < 20; cut += 3)
        {
            var trainer = new Trainer(corpus, moving);
            Assert.Equal(cut, trainer.Run().Take(cut).Count());
            trainer.Save(path + ".model");
            var resumed = Trainer.Resume(path + ".model", corpus, moving);
            Assert.Equal(losses[cut..], resumed.Run().Select(step => step.Loss));
            Assert.Equal(whole.Snapshot().Parameters.Values, resumed.Snapshot().Parameters.Values);
        }
        File.Delete(path + ".model");
    }

    [Fact]
    public void Lines_do_not_move()
    {
        var moving = new TrainingOptions { ChunkStarts = ChunkStarts.Moving };
        Assert.StartsWith("ChunkStarts moving needs a corpus of chunks",
            Assert.Throws<ArgumentException>(() => new Trainer(new(["emma", "olivia"]), moving)).Message);
    }
}
