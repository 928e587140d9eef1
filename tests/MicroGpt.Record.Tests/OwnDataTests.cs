using System.Text;

namespace MicroGpt.Record.Tests;

public class OwnDataTests
{
    [Fact]
    public void A_list_trains_as_with_the_command()
    {
        var list = "añil\r\nbéla\n\n  <script>alert(1)</script>\n李\n";
        var corpus = OwnData.ReadList(Encoding.UTF8.GetBytes(list), "my.txt");
        Assert.Equal(["añil", "béla", "<script>alert(1)</script>", "李"], corpus);
        var run = Runs.Finished(corpus, new() { Steps = 30 });
        Assert.Equal(new Trainer(corpus, new() { Steps = 30 }).Run().Select(step => step.Loss), run.Losses);
        Assert.True(run.IsInData("李"));
        var graph = run.Graph(30, "李");
        graph.Finish();
        Assert.Equal(run.Trace(30, "李").Loss, graph[0].Data);
    }

    [Fact]
    public void Lists_that_cannot_be_read_get_the_librarys_sentences()
    {
        foreach (var bytes in new[] { new byte[] { 0xff, 0xfe, 0x41, 0 }, "\n \n"u8.ToArray(), [], [0x61, 0xc3] })
        {
            var expected = Assert.Throws<InvalidDataException>(() => Corpus.Load(new MemoryStream(bytes), "bad.txt"));
            Assert.Equal(expected.Message, Assert.Throws<InvalidDataException>(
                () => OwnData.ReadList(bytes, "bad.txt")).Message);
        }
    }

    [Fact]
    public void What_is_too_large_is_refused_with_a_sentence()
    {
        Says("has 262,145 bytes", () => OwnData.ReadList(new byte[OwnData.MaxListBytes + 1], "big.txt"));
        Says("has 200,000 lines", () => OwnData.ReadList([.. Enumerable.Repeat((byte)'\n', 200_000)], "big.txt"));
        Says("has 16,777,217 bytes", () => OwnData.ReadModel(new byte[OwnData.MaxModelBytes + 1], "big.safetensors"));

        var huge = OwnData.ReadList(Encoding.UTF8.GetBytes(string.Join('\n',
            Enumerable.Range(0x4e00, 20_000).Select(char.ConvertFromUtf32))), "big.txt");
        Says("20,000 different characters make 643,360 parameters", () => Run.Begin(huge, "big.txt"));
        Corpus some = new([string.Concat(Enumerable.Range(0x4e00, 200).Select(char.ConvertFromUtf32))]);
        Says("up to 614 steps can be recorded, not 1,000", () => Run.Begin(some, "big.txt"));
        Assert.Equal(0, Run.Begin(some, "big.txt", new() { Steps = 614 }).Steps);
        Says("parameters", () => Run.Begin(some, "big.txt", new() { NEmbd = 1 << 30, NHead = 1 }));

        static void Says(string words, Func<object> action)
        {
            var message = Record(action)!.Message;
            Assert.Contains(words, message);
            Assert.StartsWith("big.", message);
        }
    }

    [Fact]
    public void Options_that_the_file_lacks_are_refused()
    {
        foreach (var options in new TrainingOptions[]
        {
            new() { BatchSize = 2 }, new() { Precision = Precision.Float32 }, new() { WarmupSteps = 1 },
            new() { GradientClip = 1 }, new() { WeightDecay = 0.1 },
            new() { LearningRateDecay = LearningRateDecay.Cosine },
            new() { ChunkStarts = ChunkStarts.Moving },
        })
        {
            Assert.Contains("microgpt.cs", Assert.Throws<ArgumentException>(
                () => Run.Begin(Runs.Names, "names.txt", options)).Message);
        }
    }

    [Fact]
    public void A_model_is_read_or_refused_as_Load_does()
    {
        var path = Path.GetTempFileName();
        try
        {
            var saved = Runs.Small.Model(60);
            saved.Save(path);
            var bytes = File.ReadAllBytes(path);
            var model = OwnData.ReadModel(bytes, path);
            Assert.Equal(saved.Parameters.Values, model.Parameters.Values);
            Assert.Equal(saved.Score("abba").Loss, new Probe(model).Trace("abba").Loss);
            var random = new Random(6);
            for (var i = 0; i < 300; i++)
            {
                var bad = (byte[])bytes.Clone();
                bad[random.Next(i < 200 ? 1200 : bad.Length)] ^= (byte)(1 << random.Next(8));
                bad = bad[..random.Next(i % 3 == 0 ? 0 : bad.Length, bad.Length + 1)];
                File.WriteAllBytes(path, bad);
                var (expected, actual) = (Record(() => Gpt.Load(path)), Record(() => OwnData.ReadModel(bad, path)));
                Assert.Equal(expected?.Message, actual?.Message);
                Assert.Equal(expected?.GetType(), actual?.GetType());
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    static Exception? Record(Func<object> action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
