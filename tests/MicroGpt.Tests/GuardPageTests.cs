using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MicroGpt.Tests;

/// <summary>
/// The passes of both engines on memory that begins or ends at a page nobody may touch: one number read or written too
/// far,
/// and the process dies. So it is one of its own, and the test looks how it ended.
/// </summary>
public unsafe partial class GuardPageTests
{
    [Fact]
    public void No_pass_leaves_its_memory() => Assert.Equal("done", Child(nameof(Passes_on_guarded_memory)));

    [Fact]
    public void One_number_too_far_is_noticed() => Assert.Equal("died", Child(nameof(A_number_too_far)));

    [Fact(Explicit = true)]
    public void A_number_too_far()
    {
        var numbers = new GuardedMemory(atEnd: true).Take(5);
        numbers[5] = 1;
    }

    [Fact(Explicit = true)]
    public void Passes_on_guarded_memory()
    {
        var random = new Random(7);
        for (var trial = 0; trial < 60; trial++)
        {
            var (heads, headDim) = (random.Next(1, 5), random.Next(1, 9));
            var config = new GptConfig(random.Next(2, 40), random.Next(1, 3), heads * headDim, random.Next(1, 36), heads);
            int[][] documents = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
                Enumerable.Range(0, random.Next(2, 40)).Select(_ => random.Next(config.VocabSize)).ToArray())];
            var batch = Engines.Batch(config, documents);
            foreach (var atEnd in new[] { true, false })
            {
                Console.Error.WriteLine(
                    $"{config}, {string.Join(' ', batch.Lengths.ToArray())} tokens, at the end: {atEnd}");
                foreach (var width in VectorWidths.Supported)
                {
                    switch (width)
                    {
                        case VectorWidth.Bits512: Run<ExactLanes8, FloatLanes16>(config, batch, atEnd, width); break;
                        case VectorWidth.Bits256: Run<ExactLanes4, FloatLanes8>(config, batch, atEnd, width); break;
                        case VectorWidth.Bits128: Run<ExactLanes2, FloatLanes1>(config, batch, atEnd, width); break;
                        default: Run<ExactLanes1, FloatLanes1>(config, batch, atEnd, width); break;
                    }
                }
            }
        }
    }

    static void Run<TExact, TFloat>(GptConfig config, TokenBatch batch, bool atEnd, VectorWidth width)
        where TExact : unmanaged, IExactLanes<TExact>
        where TFloat : unmanaged, IFloatLanes<TFloat>
    {
        var (parameters, count) = (Parameters.Random(config, new(1)), config.ParameterCount);
        var memory = new GuardedMemory(atEnd);
        var w = memory.Take(count);
        var g = memory.Take(count);
        parameters.Values.CopyTo(new Span<double>(w, count));
        var exact = new ExactPasses<TExact>(config, memory);
        for (var document = 0; document < batch.Count; document++)
        {
            exact.Forward(w, batch[document]);
            exact.Backward(w, batch[document], g);
        }
        new ExactAdam(Moments.Zero(count), width).Update(new(w, count), new(g, count), 0, 0.01);
        var decoder = new Decoder(parameters, width, memory);
        for (var position = 0; position < config.BlockSize; position++)
        {
            decoder.Next(position % config.VocabSize);
        }

        var fw = memory.TakeFloats(count);
        var fg = memory.TakeFloats(count);
        for (var i = 0; i < count; i++)
        {
            fw[i] = (float)parameters.Values[i];
        }
        var capacity = (int)Shard.StrideOf((double)batch.Count * config.BlockSize);
        var shard = new Shard(batch.Count, capacity);
        shard.Clear(batch);
        var token = 0;
        foreach (var length in batch.Lengths)
        {
            shard.Add(token, length - 1, share: 1f / length);
            token += length;
        }
        shard.Stride = (int)Shard.StrideOf(shard.Positions);
        var passes = new FloatPasses<TFloat>(config, shard, capacity, memory);
        passes.Forward(fw);
        passes.Backward(fw);
        for (var part = 0; part < 3; part++)
        {
            passes.Gradient(fg, add: false, part, parts: 3);
            passes.Gradient(fg, add: true, part, parts: 3);
        }
        new FloatAdam(new(1), count, null, width).Update(new(fw, count), new(fg, count), 0, 0.01);
        var layout = new ParameterLayout(config);
        var ofLayers = count - layout.OfEmbeddings;
        new FloatMuon(new(1), layout, null, width, memory).Update(
            new(fw + layout.OfEmbeddings, ofLayers), new(fg + layout.OfEmbeddings, ofLayers), 0.01);
        memory.Free();
    }

    // Runs one of the explicit tests in a process of its own.
    static string Child(string method)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("guard pages are made by Linux's mmap");
        }
        using var process = Process.Start(new ProcessStartInfo(
            Path.Join(AppContext.BaseDirectory, "MicroGpt.Tests"),
            ["-explicit", "only", "-method", $"{typeof(GuardPageTests)}.{method}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_DbgEnableMiniDump"] = "0" },
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var ran = output.Contains("Total: 1", StringComparison.Ordinal);
        return process.ExitCode == 0 && ran ? "done" : process.ExitCode > 128 ? "died" : output + errors.Result;
    }

    // Each buffer has pages of its own between two that are not accessible.
    sealed partial class GuardedMemory(bool atEnd) : PinnedMemory
    {
        static readonly long page = Environment.SystemPageSize;

        readonly List<(nint Start, nint Length)> mapped = [];

        protected override void* TakeBytes(long count)
        {
            var inside = (count + page - 1) / page * page;
            var length = (nint)(inside + 2 * page);
            var start = Map(0, length, protection: 0, flags: 0x22, file: -1, offset: 0); // private, anonymous
            mapped.Add((start, length));
            Assert.NotEqual(-1, start);
            Assert.Equal(0, Protect(start + (nint)page, (nint)inside, protection: 3)); // to read and write
            return (void*)(start + (nint)(atEnd ? page + inside - count : page));
        }

        public void Free() => Assert.All(mapped, memory => Assert.Equal(0, Unmap(memory.Start, memory.Length)));

        [LibraryImport("libc", EntryPoint = "mmap")]
        private static partial nint Map(nint address, nint length, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "mprotect")]
        private static partial int Protect(nint address, nint length, int protection);

        [LibraryImport("libc", EntryPoint = "munmap")]
        private static partial int Unmap(nint address, nint length);
    }
}
